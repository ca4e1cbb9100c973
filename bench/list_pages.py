"""Pages of the ranked list of a million firms: how much they cost beyond the database's own part.

Each kind of page is asked many times. The peer is the bare SQL: the very statements that the page needs
for its rows and their number, sent by the driver and fetched as tuples.
"""

from collections.abc import Callable

import numpy as np
from sqlalchemy import event

from bench.result import Result
from bench.synthetic_database import ranked_app
from recruit.clock import stopwatch
from recruit.insights.prospects import ProspectQuery, Sort, list_prospects
from recruit.wiring import App
from tests.factories.web import open_visitor

FIRMS = 1_000_000
_TIMES = 12
_PAGES = {
    "the first page": ProspectQuery(),
    "page 200": ProspectQuery(page=200),
    "one country": ProspectQuery(countries=("NL",)),
    "a tag and a size": ProspectQuery(tags=("kubernetes",), size_from=20, size_to=250),
    "a search": ProspectQuery(text="kubernetes"),
    "sorted by size": ProspectQuery(sort=Sort.SIZE, descending=True),
    "one look-up away": ProspectQuery(is_near=True),
}


def run() -> list[Result]:
    """Ask for each page and for its bare SQL in turn."""
    app = ranked_app(FIRMS)
    ours: list[float] = []
    theirs: list[float] = []
    results = []
    for name, query in _PAGES.items():
        page, bare = _times(app, query)
        ours += page
        theirs += bare
        results.append(
            Result(
                f"1M firms, {name}: p95",
                _p95(page) * 1000,
                "ms",
                peer="the bare SQL",
                ratio=_p95(page) / _p95(bare),
            )
        )
    ratio = _p95(ours) / _p95(theirs)
    results.insert(
        0,
        Result(
            "1M firms, all those pages of the list: p95",
            _p95(ours) * 1000,
            "ms",
            peer="the bare SQL",
            ratio=ratio,
            must="<= 1.5 x",
            met=ratio <= 1.5,
        ),
    )
    return [*results, *_whole_pages(app)]


def _times(app: App, query: ProspectQuery) -> tuple[list[float], list[float]]:
    statements = _statements(app, query)

    def page() -> None:
        with app.reading() as tx:
            list_prospects(tx, query)

    def bare() -> None:
        with app.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            with driver.cursor() as cursor:
                for sql, parameters in statements:
                    cursor.execute(sql, parameters)
                    cursor.fetchall()

    page()
    bare()
    return [_timed(page) for _ in range(_TIMES)], [_timed(bare) for _ in range(_TIMES)]


def _statements(app: App, query: ProspectQuery) -> list[tuple[str, object]]:
    """Return what a page asks of the two large tables: its rows, and how many there are."""
    seen: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, sql: str, parameters: object, *_: object) -> None:
        # The rows, their number, and for those near the top the line that they have to reach.
        asked = ("SELECT firm.id, score.rank", "SELECT count(*)", "SELECT score.total")
        if " ".join(sql.split()).startswith(asked):
            seen.append((sql, parameters))

    event.listen(app.engine, "before_cursor_execute", note)
    try:
        with app.reading() as tx:
            list_prospects(tx, query)
    finally:
        event.remove(app.engine, "before_cursor_execute", note)
    return seen


def _whole_pages(app: App) -> list[Result]:
    visitor = open_visitor(app)
    visitor.get("/prospects")
    times, size = [], 0
    for _ in range(_TIMES):
        started = stopwatch()
        response = visitor.get("/prospects")
        times.append(stopwatch() - started)
        assert response.status_code == 200
        size = len(response.content)
    return [
        Result("1M firms, /prospects with its panel over HTTP: p95", _p95(times) * 1000, "ms"),
        Result("/prospects: bytes of HTML", size / 1024, "KB"),
    ]


def _timed(act: Callable[[], None]) -> float:
    started = stopwatch()
    act()
    return stopwatch() - started


def _p95(times: list[float]) -> float:
    return float(np.quantile(times, 0.95))
