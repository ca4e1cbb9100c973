"""Pages that mean harm: each costs one line of the job's report, never the job."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import brotli
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from recruit.insights.jobs import get_job, list_job_problems
from recruit.sourcing.tables import Frontier, SourceRecord
from recruit.sourcing.usecases import define_source, open_job
from recruit.sourcing.values import JobKind, JobStatus
from recruit.wiring import App
from recruit.worker.crawl import FINISHED, run_crawl_process
from tests.factories.site import Reply, firm, listing, serve
from tests.factories.sourcing import make_spec


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "elsewhere.example")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(start).not_valid_after(start + timedelta(days=9999))
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "both.pem").write_bytes(secret + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


@contextmanager
def serve_bytes(answer: bytes) -> Iterator[str]:
    """Answer every connection with the same bytes, whatever was asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def work() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(4096)
                    connection.sendall(answer)

        Thread(target=work, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def crawl(app: App, addresses: list[str], starts: list[str], **over: object) -> int:
    allowed = [address.partition("://")[2] for address in addresses]
    data = {
        "start_urls": starts,
        "politeness": {
            "delay_s": 0,
            "concurrency": 8,
            "timeout_s": 2,
            "allow_private_hosts": allowed,
        },
    }
    with app.transaction() as tx:
        source = define_source(tx, spec=make_spec(addresses[0], **(data | over)))
        job_id = open_job(tx, source_id=source.id, kind=JobKind.CRAWL).id
    assert run_crawl_process(job_id, app.settings).wait(120) == FINISHED
    return job_id


def test_hostile_pages_cost_a_line_each(app: App, self_signed: ssl.SSLContext) -> None:
    links = "".join(f'<a class="firm" href="/many/{n}">{n}</a>' for n in range(30_000))
    odd = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=no-such-thing\r\n\r\n<h1>Odd Ltd</h1>"
    )
    with (
        serve({}) as site,
        serve({"/": firm("Secret")}, tls=self_signed) as tls,
        serve_bytes(b"\x00\xffgarbage\r\n\r\n") as garbage,
        serve_bytes(odd) as lies,
    ):
        site.pages = {
            "/firms": listing(
                ["/f/good", "/f/drips", "/f/chain0", "/f/br", "/f/big", "/f/utf16", "/f/json", "/f/empty",
                 "/f/half", "/f/nul"]
            ),
            "/f/good": firm("Good GmbH"),
            "/f/drips": Reply("<h1>Slow Ltd</h1>" * 100, drip_s=0.5),
            "/f/br": Reply(brotli.compress(b"<h1>Bomb</h1>" + b" " * 50_000_000), headers={"Content-Encoding": "br"}),
            "/f/big": Reply("<h1>Big</h1>" + "x" * 6_000_000),
            "/f/utf16": Reply("<h1>Zwölf AG</h1>".encode("utf-16"), headers={"Content-Type": "text/html; charset=utf-8"}),
            "/f/json": Reply('{"name": "x"}', headers={"Content-Type": "application/json"}),
            "/f/empty": Reply(""),
            "/f/half": Reply(b"<h1>Half Ltd</h1>", headers={"Content-Encoding": "gzip"}),
            "/f/nul": Reply(b"<h1>Nul\x00 Ltd</h1>\xff\xfe", headers={"Content-Type": "text/html; charset=utf-8"}),
        } | {
            f"/f/chain{n}": Reply(status=302, headers={"Location": f"/f/chain{n + 1}"}) for n in range(9)
        }  # fmt: skip
        site.pages["/farm"] = Reply(links)
        job_id = crawl(
            app,
            [site.address, tls.address, garbage, lies],
            [f"{site.address}/firms"],
        )
        with app.reading() as tx:
            rows = tx.session.scalars(select(Frontier).where(Frontier.job_id == job_id)).all()
            problems = {p.place for p in list_job_problems(tx, job_id)}
            line = get_job(tx, job_id)
        outcomes = {row.url.removeprefix(site.address): row.outcome for row in rows}
        others = crawl(
            app,
            [site.address, tls.address, garbage, lies],
            [f"{tls.address}/", f"{garbage}/", f"{lies}/"],
            kind="sites",
            name="others",
        )
        with app.reading() as tx:
            rows = tx.session.scalars(select(Frontier).where(Frontier.job_id == others)).all()
        strangers = {row.url: row.outcome for row in rows}
    assert line.status is JobStatus.DONE
    assert outcomes["/f/good"] == outcomes["/f/nul"] == "ok"
    assert outcomes["/f/drips"] == "timeout"
    assert outcomes["/f/chain0"] == "redirects"
    assert outcomes["/f/br"] == outcomes["/f/big"] == "too large"
    assert outcomes["/f/json"] == "not html"
    assert outcomes["/f/empty"] == "no name"
    bad = {path for path, outcome in outcomes.items() if outcome != "ok"}
    assert {place.removeprefix(site.address) for place in problems} == bad
    assert strangers[f"{tls.address}/"] == "bad certificate"
    assert strangers[f"{garbage}/"] != "ok"
    assert None not in strangers.values()


def test_a_calendar_without_end_and_a_farm_of_links_are_left(app: App) -> None:
    with serve({}) as site:
        pages = {"/firms": listing(["/f/a"], "/cal?page=1")}
        for month in range(1, 60):
            pages[f"/cal?page={month}"] = listing(["/f/a"], f"/cal?page={month + 1}")
        farm = "".join(f'<a href="/x{n}">{n}</a>' for n in range(150_000))
        site.pages = pages | {"/f/a": firm("Acme"), "/farm": Reply(farm)}
        starts = [f"{site.address}/firms", f"{site.address}/farm"]
        job_id = crawl(app, [site.address], starts)
    with app.reading() as tx:
        problems = [p.reason for p in list_job_problems(tx, job_id)]
        line = get_job(tx, job_id)
    assert sum("20 listings in a row" in reason for reason in problems) == 1
    assert sum("more than 20,000 links" in reason for reason in problems) == 1
    assert line.new == 1
    assert line.read < 30


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "017700000001", "127.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"]
)  # fmt: skip
def test_no_spelling_of_a_private_address_is_reached(app: App, host: str) -> None:
    with serve({"/": firm("Secret")}) as site:
        port = site.address.rpartition(":")[2]
        job_id = crawl(
            app,
            ["http://allowed.example:1"],
            [f"http://{host}:{port}/"],
            kind="sites",
            listing={},
        )
        assert not site.asked
    with app.reading() as tx:
        assert len(list_job_problems(tx, job_id)) == 1
        assert tx.session.scalars(select(SourceRecord)).all() == []
