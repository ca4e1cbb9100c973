"""Writes down what came of fetched pages: firms, problems, further pages, and how the pages looked.

The pages of a firm's own site make one sighting, when the last of them is done.
"""

from collections.abc import Iterable, Sequence

from recruit.db.transaction import Transaction
from recruit.sourcing import frontier_store, known_store, store
from recruit.sourcing.crawling.plan import (
    OK,
    UNCHANGED,
    CrawlPlan,
    Page,
    PageResult,
    Role,
    reading_of,
    record_id_of,
    url_hash,
)
from recruit.sourcing.known_store import Known
from recruit.sourcing.merging import merge_pages
from recruit.sourcing.parse import name_of
from recruit.sourcing.tables import SourcingJob
from recruit.sourcing.usecases import record_problems, record_sightings
from recruit.sourcing.values import FieldName, Problem, Sighting, SourceKind

_MOST_BARREN = 20  # listings in a row without a new firm: a calendar, or a page number without end
_NOTHING = Known((), (), ())


def settle_results(
    tx: Transaction, job: SourcingJob, plan: CrawlPlan, results: Sequence[PageResult]
) -> None:
    """Record results of pages that are not settled yet, and the sites that are read whole by them."""
    if not results:
        return
    reading = reading_of(plan.spec)
    known = known_store.find_known(
        tx, job.source_id, [url_hash(r.page.url) for r in results if r.outcome == UNCHANGED]
    )
    sightings = [sighting for result in results for sighting in result.sightings]
    record_sightings(tx, job_id=job.id, sightings=sightings, read=len(results))
    same = [record for entry in known.values() for record in entry.record_ids]
    job.records_same += store.touch_known(tx, job.source_id, same, job.id)
    problems = [problem for result in results for problem in result.problems]
    known_store.keep_pages(tx, source_id=job.source_id, reading=reading, results=results)
    frontier_store.set_fetched(tx, [(result.page.id, result.outcome) for result in results])
    for result in results:
        job.bytes_read += result.fetched.size if result.fetched else 0
        entry = known.get(url_hash(result.page.url), _NOTHING)
        problems += _follow(tx, job, plan, result, entry)
    record_problems(tx, job_id=job.id, problems=problems)
    if plan.spec.kind is SourceKind.SITES:
        settle_sites(tx, job, plan, _complete(tx, {r.page.site_id or r.page.id for r in results}))


def _follow(
    tx: Transaction, job: SourcingJob, plan: CrawlPlan, result: PageResult, known: Known
) -> list[Problem]:
    """Add the pages that a page leads to; return what there is to say of them."""
    links = known.links if result.outcome == UNCHANGED else result.links
    page, barren = result.page, 0
    if page.role is Role.LISTING:
        firms = frontier_store.add_links(
            tx, job.id, [link for link in links if link.role is Role.ITEM], parent=page
        )
        job.expected = (job.expected or 0) + len(firms)
        links = tuple(link for link in links if link.role is Role.LISTING)
        shows_new = firms or result.rows or known.record_ids
        barren = 0 if shows_new else page.barren + 1
        if links and barren >= _MOST_BARREN:
            return [_endless(page)]
    elif page.role is Role.ITEM and plan.spec.kind is SourceKind.SITES:
        links = links[: plan.spec.site.pages - 1]
    if links:
        found = frontier_store.add_links(tx, job.id, links, parent=page, barren=barren)
        job.expected = (job.expected or 0) + len(found)
    return []


def _endless(page: Page) -> Problem:
    return Problem(
        page.url,
        "listing",
        f"{_MOST_BARREN} listings in a row, up to this one, show no new firm.",
        "It was not followed further. If firms stand behind it, narrow the links below [listing].",
    )


def _complete(tx: Transaction, site_ids: Iterable[int]) -> list[int]:
    sites = frontier_store.list_site_pages(tx, list(site_ids))
    return [site for site, pages in sites.items() if all(page.outcome for page in pages)]


def settle_sites(
    tx: Transaction, job: SourcingJob, plan: CrawlPlan, site_ids: Sequence[int]
) -> None:
    """Make the sighting of each of these sites out of all that its pages say.

    A page that could not be fetched this time says what it said the last time.
    """
    sites = frontier_store.list_site_pages(tx, site_ids)
    hashes = [page.url_hash for pages in sites.values() for page in pages]
    known = known_store.find_known(tx, job.source_id, hashes)
    sightings: list[Sighting] = []
    problems: list[Problem] = []
    for start, *parts in sites.values():
        if start.outcome not in {OK, UNCHANGED}:
            continue
        said = [known[page.url_hash].facts for page in (start, *parts) if page.url_hash in known]
        facts = merge_pages(said)
        if name_of(facts) is None:
            problems.append(_nameless(start.url))
        else:
            record_id = record_id_of(start.url, plan.spec)
            sightings.append(Sighting(record_id, start.url, tuple(facts)))
    record_sightings(tx, job_id=job.id, sightings=sightings)
    record_problems(tx, job_id=job.id, problems=problems)


def _nameless(url: str) -> Problem:
    return Problem(
        url,
        FieldName.NAME.value,
        "The site names no firm.",
        "Open it. If it is a firm's, give the name a CSS selector below [fields]; if not, leave it out.",
    )
