"""Firms' own sites, conditional refetching and robots.txt, with the real crawler against real servers."""

import time
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from recruit.insights.jobs import get_job, list_job_problems
from recruit.sourcing.tables import Frontier, KnownPage, SourceRecord
from recruit.sourcing.usecases import define_source, open_job
from recruit.sourcing.values import JobKind
from recruit.wiring import App
from recruit.worker.crawl import FINISHED, run_crawl_process
from tests.factories.site import Reply, Site, firm, many_firms, serve
from tests.factories.sourcing import make_spec

TAGGED = {"ETag": '"one"'}
START = """<html lang=de><title>Ember Systemhaus – IT aus Köln</title><body>
<nav><a href="/leistungen">Leistungen</a><a href="/unternehmen">Unternehmen</a><a href="/blog/kontakt">Blog</a></nav>
<h1>Wir machen IT einfach.</h1><p>Gegründet 1994, heute über 40 Mitarbeiter.</p>
<footer><a href="/kontakt">Kontakt</a> <a href="/impressum">Impressum</a> <a href="/partner">Unsere Partner</a>
<a href="https://www.linkedin.com/company/ember">LinkedIn</a></footer>"""
SITE = {
    "/": Reply(START, headers=TAGGED),
    "/kontakt": Reply(
        "<title>Kontakt</title><p>Tel.: 0221 4710000</p><p>E-Mail: kontakt@ember.example, max.muster@ember.example</p>",
        headers=TAGGED,
    ),
    "/impressum": Reply(
        "<title>Impressum</title><h1>Impressum</h1><p>Ember Systemhaus GmbH<br>Hauptsitz<br>Domstraße 5<br>50667 Köln"
        "<br>Deutschland</p><p>Niederlassung<br>Hafenstr. 1<br>20457 Hamburg<br>Deutschland</p>",
        headers=TAGGED,
    ),
    "/unternehmen": Reply(
        "<title>Unternehmen</title><p>Wir sind nach ISO 27001 zertifiziert.</p>",
        headers={"Last-Modified": "Tue, 03 Mar 2026 09:00:00 GMT"},
    ),
    "/partner": Reply("<title>Partner</title><p>Microsoft Gold Partner und Red Hat Advanced Partner.</p>"),
    "/leistungen": Reply("<p>Niemand fragt danach.</p>"),
}  # fmt: skip


def crawl(app: App, sites: list[Site], **over: Any) -> int:
    data = {
        "kind": "sites",
        "listing": {},
        "start_urls": [f"{site.address}/" for site in sites],
        "politeness": {
            "delay_s": 0,
            "concurrency": 4,
            "timeout_s": 1,
            "allow_private_hosts": [site.address.partition("://")[2] for site in sites],
        },
    }
    with app.transaction() as tx:
        source = define_source(tx, spec=make_spec(sites[0].address, **(data | over)))
        job_id = open_job(tx, source_id=source.id, kind=JobKind.CRAWL).id
    assert run_crawl_process(job_id, app.settings).wait(90) == FINISHED
    app.clock.move_to(app.clock.now() + timedelta(days=1))  # type: ignore[attr-defined]
    return job_id


def facts_of(app: App) -> dict[str, list[tuple[Any, str]]]:
    with app.reading() as tx:
        (record,) = tx.session.scalars(select(SourceRecord))
    found: dict[str, list[tuple[Any, str]]] = {}
    for fact in record.facts:
        path = "/" + fact["url"].partition("://")[2].partition("/")[2]
        found.setdefault(fact["field"], []).append((fact["value"], path))
    return found


def test_a_site_is_read_beyond_its_start_and_asked_only_for_what_changed(app: App) -> None:
    with serve(SITE) as site:
        first = crawl(app, [site])
        facts = facts_of(app)
        assert facts["name"] == [("Ember Systemhaus GmbH", "/impressum")]
        assert facts["phone"] == [("+492214710000", "/kontakt")]
        # No lawful basis for people is claimed, so that only the office's address is kept.
        assert facts["email"] == [("kontakt@ember.example", "/kontakt")]
        assert facts["certification"] == [("ISO 27001", "/unternehmen")]
        assert {value for value, _ in facts["partnership"]} == {
            "Microsoft Gold Partner",
            "Red Hat Advanced Partner",
        }
        assert facts["employees"] == [({"low": 40, "high": None}, "/")]
        offices = {value["city"]: value.get("head_office", False) for value, _ in facts["office"]}
        assert offices == {"Köln": True, "Hamburg": False}
        assert facts["city"] == [("Köln", "/impressum")]
        assert facts["country"] == [("DE", "/impressum")]
        assert not site.asked["/leistungen"]
        assert not site.asked["/blog/kontakt"]
        with app.reading() as tx:
            line = get_job(tx, first)
        assert (line.read, line.new, line.problems) == (5, 1, 0)

        again = crawl(app, [site])
        with app.reading() as tx:
            line = get_job(tx, again)
            (record,) = tx.session.scalars(select(SourceRecord))
            stale = tx.session.scalar(select(func.max(KnownPage.read_at)))
            outcomes = set(
                tx.session.scalars(select(Frontier.outcome).where(Frontier.job_id == again))
            )
        assert (line.read, line.new, line.changed, line.same) == (5, 0, 0, 1)
        assert outcomes == {"unchanged"}
        assert record.version == 1
        assert record.last_job_id == again
        assert stale is not None
        assert stale < record.last_seen_at
        # All but the one without a validator, which its body gave away.
        assert set(site.not_modified) == {"/", "/kontakt", "/impressum", "/unternehmen"}

        site.pages["/kontakt"] = Reply("<p>Tel.: 0221 4710001</p>", headers={"ETag": '"two"'})
        changed = crawl(app, [site])
        with app.reading() as tx:
            assert get_job(tx, changed).changed == 1
        assert facts_of(app)["phone"] == [("+492214710001", "/kontakt")]

        # A page that cannot be had this time says what it said the last time.
        site.pages["/impressum"] = Reply("oh no", status=500)
        kept = crawl(app, [site])
        with app.reading() as tx:
            assert (get_job(tx, kept).same, get_job(tx, kept).changed) == (1, 0)


def test_a_directory_asks_again_only_for_what_changed_and_finds_what_vanished(app: App) -> None:
    pages = many_firms(6, page_size=3)
    over: dict[str, Any] = {
        "kind": "directory",
        "listing": {"next": "a[rel=next]", "items": "a.firm"},
    }
    with serve(pages) as site:
        over |= {"start_urls": [f"{site.address}/firms"]}
        crawl(app, [site], **over)
        del site.pages["/firms/5"]
        site.pages["/firms?page=1"] = Reply(
            '<a class="firm" href="/firms/3">3</a><a class="firm" href="/firms/4">4</a>'
        )
        site.pages["/firms/4"] = Reply("<main><h1>Firm Four</h1></main>")
        job_id = crawl(app, [site], **over)
    with app.reading() as tx:
        line = get_job(tx, job_id)
        records = {r.record_id: r for r in tx.session.scalars(select(SourceRecord))}
    assert (line.new, line.changed, line.same) == (0, 1, 4)
    assert line.message == "1 firm is not shown any more."
    assert [key for key, record in records.items() if record.vanished_at] == ["/firms/5"]


def test_robots_txt_that_cannot_be_had_closes_its_host_and_one_that_is_not_there_opens_it(
    app: App,
) -> None:
    plain = {"Content-Type": "text/plain"}
    page = {"/": firm("Acme")}
    with (
        serve(page | {"/robots.txt": Reply("no", status=503)}) as broken,
        serve(page | {"/robots.txt": Reply("no", status=403)}) as absent,
        serve(page | {"/robots.txt": Reply("", delay_s=4)}) as hangs,
        serve(page | {"/robots.txt": Reply("User-agent: *\nCrawl-delay: 3600", headers=plain)}) as slow,
    ):  # fmt: skip
        job_id = crawl(app, [broken, absent, hangs, slow], site={"pages": 1})
    with app.reading() as tx:
        problems = {p.place: p.reason for p in list_job_problems(tx, job_id)}
        line = get_job(tx, job_id)
    assert line.new == 1
    assert (broken.asked["/"], absent.asked["/"], hangs.asked["/"], slow.asked["/"]) == (0, 1, 0, 0)
    assert (
        "cannot be had, which closes the host for now. It answered 503."
        in problems[f"{broken.address}/"]
    )
    assert "It took too long" in problems[f"{hangs.address}/"]
    assert "asks for 3600 s between two pages" in problems[f"{slow.address}/"]


def test_a_crawl_delay_is_kept(app: App) -> None:
    robots = Reply("User-agent: recruit\nCrawl-delay: 0.6", headers={"Content-Type": "text/plain"})
    with serve(many_firms(4) | {"/robots.txt": robots}) as site:
        over = {"kind": "directory", "start_urls": [f"{site.address}/firms"]}
        started = time.monotonic()
        crawl(app, [site], **over, listing={"items": "a.firm"})
    assert time.monotonic() - started > 5 * 0.6
