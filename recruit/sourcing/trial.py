"""Tries a source on a few pages and stores nothing: what would be read, field by field."""

from collections.abc import Sequence

from recruit.sourcing.crawling.plan import Page, PageResult, Role, start_links
from recruit.sourcing.spec import SourceSpec


class TrialSink:
    """A frontier in memory that ends after a few firms; `results` holds all that came back."""

    def __init__(self, spec: SourceSpec, *, items: int) -> None:
        """Stop after `items` pages about firms, and as many listings."""
        self.results: list[PageResult] = []
        self._left = {Role.ITEM: items, Role.LISTING: items}
        self._pages = [
            Page(n, link.url, link.role, 0) for n, link in enumerate(start_links(spec), 1)
        ]
        self._under_way = 0
        self._known = {page.url for page in self._pages}

    def take(self, limit: int) -> list[Page]:
        """Return pages as long as there are some to spend; a further listing only for want of firms."""
        taken: list[Page] = []
        while self._pages and len(taken) < limit:
            page = self._pages[0]
            wanted = self._left[Role.ITEM] > 0
            if page.role is Role.LISTING and (not wanted or self._under_way):
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
            for link in result.links:
                if link.url not in self._known:
                    self._known.add(link.url)
                    number = len(self._known)
                    self._pages.append(Page(number, link.url, link.role, result.page.depth + 1))
        # Firms before further listings.
        self._pages.sort(key=lambda page: page.role is Role.LISTING)
        return True
