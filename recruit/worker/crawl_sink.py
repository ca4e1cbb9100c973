"""A crawl's frontier in the database: gives out pages, settles results, keeps the budget.

Each call is a transaction of its own, done again while the database is away.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError

from recruit.clock import stopwatch
from recruit.db.transaction import Transaction
from recruit.sourcing.budget import Spent, reached
from recruit.sourcing.crawling.plan import Page, PageResult
from recruit.sourcing.frontier import ClaimedCrawl, settle_pages, take_pages

OpenTx = Callable[[], AbstractContextManager[Transaction]]
T = TypeVar("T")

_SIGN_OF_LIFE_S = 2.0
_PATIENCE_S = 60.0  # a database that restarts is back by then
_PAUSE_S = 0.5


class DatabaseIsAway(RuntimeError):
    """The database cannot be reached, or takes no more, for longer than a restart lasts."""


def patiently(open_tx: OpenTx, act: Callable[[Transaction], T]) -> T:
    """Do something in a transaction, again while the database is away. Raises `DatabaseIsAway`.

    `act` must be one that may be done twice: whether a lost commit took place is not known.
    """
    give_up_at = stopwatch() + _PATIENCE_S
    while True:
        try:
            with open_tx() as tx:
                return act(tx)
        except (OperationalError, InterfaceError) as error:
            if stopwatch() > give_up_at:
                raise DatabaseIsAway(
                    f"The database was away for {_PATIENCE_S:g} s: {error.orig}"
                ) from error
            time.sleep(_PAUSE_S)


class DatabaseSink:
    """Gives out the pages of a job's frontier and settles their results, each call a transaction.

    When a limit of the budget is reached, `exhausted` is True: no page is given out any more, and what is
    under way is dropped unless the limit is one of pages.
    """

    def __init__(
        self,
        open_tx: OpenTx,
        job_id: int,
        runner: str,
        claimed: ClaimedCrawl,
        keep_going: Callable[[], bool],
    ) -> None:
        """Work on a job that `runner` has claimed, until `keep_going` says no."""
        self._open_tx = open_tx
        self._job_id = job_id
        self._runner = runner
        self._plan = claimed.plan
        self._spent = claimed.spent
        self._keep_going = keep_going
        self._under_way: set[int] = set()
        self._signed_at = stopwatch()

    @property
    def exhausted(self) -> bool:
        """Tell whether a limit of the budget is reached."""
        return reached(self._plan.spec.budget, self._spent) is not None

    def take(self, limit: int) -> list[Page]:
        """Return the next pages, as far as the budget reaches."""
        if self.exhausted:
            return []
        pages_left = self._plan.spec.budget.pages - self._spent.pages - len(self._under_way)
        limit = min(limit, pages_left)
        if limit <= 0:
            return []
        pages = patiently(
            self._open_tx,
            lambda tx: take_pages(
                tx,
                job_id=self._job_id,
                plan=self._plan,
                under_way=self._under_way,
                limit=limit,
            ),
        )
        self._under_way |= {page.id for page in pages}
        return pages

    def settle(self, results: Sequence[PageResult]) -> bool:
        """Record results; without any, show now and then that the process lives."""
        going = self._keep_going()
        seconds = stopwatch() - self._signed_at
        if not results and going and seconds < _SIGN_OF_LIFE_S:
            return True
        self._signed_at = stopwatch()
        wanted = patiently(
            self._open_tx,
            lambda tx: settle_pages(
                tx,
                job_id=self._job_id,
                runner=self._runner,
                plan=self._plan,
                results=results,
                seconds=seconds,
            ),
        )
        self._under_way -= {result.page.id for result in results}
        size = sum(result.fetched.size for result in results if result.fetched)
        self._spent += Spent(len(results), size, seconds)
        return wanted and going and not (self.exhausted and self._under_way)
