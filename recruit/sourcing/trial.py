"""Tries a source on a few pages and stores nothing: what would be read, field by field."""

from collections.abc import Sequence

from recruit.sourcing.crawling.plan import (
    OK,
    Page,
    PageResult,
    Role,
    record_id_of,
    start_links,
)
from recruit.sourcing.merging import merge_pages
from recruit.sourcing.parse import name_of
from recruit.sourcing.spec import SourceSpec
from recruit.sourcing.values import Sighting


class TrialSink:
    """A frontier in memory that ends after a few firms; `results` holds all that came back."""

    def __init__(self, spec: SourceSpec, *, items: int) -> None:
        """Stop after `items` pages about firms (or sites of firms), and as many listings."""
        self.results: list[PageResult] = []
        self._spec = spec
        self._most = items
        self._left = {
            Role.ITEM: items,
            Role.LISTING: items,
            Role.PART: items * spec.site.pages,
        }
        self._pages = [
            Page(n, link.url, link.role, 0) for n, link in enumerate(start_links(spec), 1)
        ]
        self._under_way = 0
        self._known = {page.url for page in self._pages}

    @property
    def sightings(self) -> list[Sighting]:
        """Return the firms so far; the pages of a firm's own site make one."""
        in_order = sorted(self.results, key=lambda result: result.page.id)
        found = [sighting for result in in_order for sighting in result.sightings]
        sites: dict[int, list[PageResult]] = {}
        for result in in_order:
            if result.facts:
                sites.setdefault(result.page.site_id or result.page.id, []).append(result)
        for site_id, results in sites.items():
            facts = merge_pages([result.facts for result in results])
            start = next((r.page for r in results if r.page.id == site_id), None)
            if start is not None and name_of(facts) is not None:
                found.append(Sighting(record_id_of(start.url, self._spec), start.url, tuple(facts)))
        return found[: max(self._most, 20)]

    def take(self, limit: int) -> list[Page]:
        """Return pages as long as there are some to spend; a further listing only for want of firms."""
        taken: list[Page] = []
        while self._pages and len(taken) < limit:
            page = self._pages[0]
            wanted = self._left[Role.ITEM] > 0 and not any(r.rows for r in self.results)
            if page.role is Role.LISTING and self.results and (not wanted or self._under_way):
                break
            self._pages.pop(0)
            if self._left[page.role] > 0:
                self._left[page.role] -= 1
                self._under_way += 1
                taken.append(page)
        return taken

    def settle(self, results: Sequence[PageResult]) -> bool:
        """Keep results, and the pages that they lead to."""
        self.results += results
        self._under_way -= len(results)
        for result in results:
            page = result.page
            for link in result.links if result.outcome == OK else ():
                if link.url not in self._known:
                    self._known.add(link.url)
                    number = len(self._known)
                    site = (page.site_id or page.id) if link.role is Role.PART else None
                    self._pages.append(
                        Page(number, link.url, link.role, page.depth + 1, site_id=site)
                    )
        # The rest of a site, then firms, then further listings.
        order = (Role.PART, Role.ITEM, Role.LISTING)
        self._pages.sort(key=lambda page: order.index(page.role))
        return True
