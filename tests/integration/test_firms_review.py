"""Pairs that a run doubts: kept with their evidence, decided on the review page, and undone again."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from recruit.firms.store import list_firms
from recruit.firms.tables import DoubtfulPair
from recruit.firms.usecases import resolve_firms
from recruit.firms.verdicts import load_said
from recruit.insights.menu import read_menu
from recruit.insights.review import find_pair, list_queue
from recruit.wiring import App
from tests.factories.firms import store_sighting
from tests.factories.web import Visitor, open_visitor

FIRST = {"name": "Northlight Systems GmbH", "website": "https://northlight.de", "city": "Hamburg"}
SECOND = {"name": "Northlight Systems", "website": "https://northlight.io", "phone": "+49401234567"}


def see(app: App, record_id: str, **values: Any) -> None:
    with app.transaction() as tx:
        store_sighting(tx, record_id, **values)
    with app.transaction() as tx:
        resolve_firms(tx)


@pytest.fixture
def doubt(app: App) -> None:
    """Two firms of one name whose websites end differently."""
    see(app, "1", **FIRST)
    see(app, "2", **SECOND)


@pytest.mark.usefixtures("doubt")
def test_a_doubtful_pair_is_kept_with_its_evidence_by_field(app: App) -> None:
    with app.reading() as tx:
        queue = list_queue(tx)
        assert (queue.waiting, queue.decided) == (1, 0)
        (line,) = queue.lines
        assert (line.name_a, line.name_b) == ("Northlight Systems GmbH", "Northlight Systems")
        view = find_pair(tx, line.record_a, line.record_b)
        assert view is not None
        rows = {row.title: row for row in view.rows}
        assert rows["Name"].tone == "good"
        assert (rows["Website"].tone, rows["Website"].reason) == (
            "stop",
            "domains northlight.de and northlight.io",
        )
        assert rows["City"].ours == ("Hamburg",)
        assert (rows["City"].theirs, rows["City"].reason) == ((), "only one of them states it")


@pytest.mark.usefixtures("doubt")
def test_a_run_drops_what_is_settled_and_keeps_since_when_the_rest_waits(app: App) -> None:
    with app.reading() as tx:
        found_at = tx.session.scalars(select(DoubtfulPair.found_at)).one()
    see(app, "2", **SECOND | {"city": "Hamburg"})
    with app.reading() as tx:
        assert tx.session.scalars(select(DoubtfulPair.found_at)).all() in ([found_at], [])
    see(app, "2", **SECOND | {"name": "Kestrel Ops", "website": "https://kestrel.example"})
    with app.reading() as tx:
        assert tx.session.scalars(select(DoubtfulPair)).all() == []
        assert list_queue(tx).lines == ()


@pytest.fixture
def visitor(app: App) -> Visitor:
    """A recruiter at a browser."""
    return open_visitor(app)


def test_an_empty_queue_teaches_what_will_come(visitor: Visitor) -> None:
    text = visitor.see("/review")
    assert "No pair waits for you" in text
    assert "binds every later run" in text


@pytest.mark.usefixtures("doubt")
def test_the_page_shows_both_sides_and_what_each_field_says(visitor: Visitor) -> None:
    text = visitor.see("/review")
    assert "1 pair may be one firm" in text
    for words in ("Is this one firm?", "against", "domains northlight.de and northlight.io"):
        assert words in text


def _pair(visitor: Visitor) -> str:
    found = re.search(r'action="/review/(\d+-\d+)/same"', visitor.get("/review").text)
    assert found is not None
    return found[1]


@pytest.mark.usefixtures("doubt")
@pytest.mark.parametrize(("verdict", "firms"), [("same", 1), ("different", 2)])
def test_a_decision_binds_empties_the_queue_and_can_be_undone(
    app: App, visitor: Visitor, verdict: str, firms: int
) -> None:
    pair = _pair(visitor)
    done = visitor.post(f"/review/{pair}/{verdict}", why="I know them.")
    place = done.headers["location"]
    assert re.fullmatch(r"/review\?last=(change|verdict)-\d+", place)
    text = visitor.see(place)
    assert "No pair waits for you" in text
    assert "Undo u" in text
    with app.transaction() as tx:
        assert len(list_firms(tx)) == firms
        assert set(load_said(tx).values()) == {verdict == "same"}
        resolve_firms(tx)
    with app.reading() as tx:
        assert len(list_firms(tx)) == firms
        assert list_queue(tx).decided == 1
        assert read_menu(tx).review == ""
    # Twice, or by another person meanwhile.
    assert visitor.post(f"/review/{pair}/{verdict}").status_code in {303, 404}
    visitor.post("/review/undo", last=place.partition("last=")[2])
    assert "The pair waits again" in visitor.see("/review")
    with app.reading() as tx:
        assert len(list_firms(tx)) == 2
        assert list_queue(tx).waiting == 1
        assert read_menu(tx).review == "1"


@pytest.mark.usefixtures("doubt")
@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/review/1-999/same", {}),
        ("/review/x-y/same", {}),
        ("/review/1-2/maybe", {}),
        ("/review/undo", {"last": "change-99999999999999999999"}),
        ("/review/undo", {"last": "nothing"}),
    ],
)
def test_what_is_not_there_is_told_in_words(
    visitor: Visitor, path: str, fields: dict[str, str]
) -> None:
    assert visitor.post(path, **fields).status_code == 404
    assert visitor.get("/review?pair=1-999").status_code == 404


@pytest.mark.usefixtures("doubt")
def test_a_firm_is_merged_split_owned_and_tagged_on_its_page(app: App, visitor: Visitor) -> None:
    with app.reading() as tx:
        one, other = [firm.id for firm in list_firms(tx)]
    assert visitor.post(f"/firms/{one}/merge", other="northlight.io", why="Same people.")
    text = visitor.see(f"/firms/{one}/history")
    assert "Merged with Northlight Systems" in text
    assert "Same people." in text
    assert "Undo this merge" in text
    records = re.findall(r'name="record" value="(\d+)"', visitor.get(f"/firms/{one}").text)
    assert len(records) == 2
    place = visitor.post(f"/firms/{one}/split", record=records[1]).headers["location"]
    assert "This is a firm of its own now" in visitor.see(place)
    new = int(place.rsplit("/", 1)[1])
    assert "Split off from Northlight Systems GmbH" in visitor.see(f"/firms/{new}/history")
    change = re.search(rf"/firms/{one}/undo/(\d+)", visitor.get(f"/firms/{one}/history").text)
    assert change is not None
    visitor.post(change[0])
    assert visitor.get(f"/firms/{new}").headers["location"] == f"/firms/{one}"
    visitor.post(f"/firms/{one}/parent", parent=str(one))
    assert "cannot belong to itself" in visitor.see(f"/firms/{one}")
    visitor.post(f"/firms/{one}/tag", tag="customer")
    text = visitor.see(f"/firms/{one}")
    assert "by hand · tagged by hand" in text
    visitor.post(f"/firms/{one}/tag", tag="customer", off="true")
    assert "nothing keeps it from being recruited" in visitor.see(f"/firms/{one}")
    visitor.post(f"/firms/{one}/merge", other="Nobody Ever Ltd")
    assert "No firm has the id, the domain or the name" in visitor.see(f"/firms/{one}/history")
    assert other != one


@pytest.mark.usefixtures("doubt")
def test_a_fact_opens_to_all_that_was_read_of_it(app: App, visitor: Visitor) -> None:
    with app.reading() as tx:
        one, other = [firm.id for firm in list_firms(tx)]
    visitor.post(f"/firms/{one}/merge", other=str(other))
    text = visitor.see(f"/firms/{one}")
    assert "all 2 that were read" in text
    assert "https://northlight.io" in text
    assert "Also found as Northlight Systems" in text or "No owner and no subsidiary" in text


@pytest.mark.usefixtures("doubt")
def test_hostile_fields_and_ids_are_refused_in_words(app: App, visitor: Visitor) -> None:
    for path in ("/firms/99999999999999999999", "/firms/0", "/firms/99999999999999999999/history"):
        assert visitor.get(path).status_code == 404, path
    for path, fields in (
        ("/firms/99999999999999999999/merge", {"other": "1"}),
        ("/firms/1/undo/99999999999999999999", {}),
    ):
        assert visitor.post(path, **fields).status_code in {404, 422}, path
    for path, fields in (
        ("/firms/1/merge", {"other": "\0"}),
        ("/firms/1/merge", {"other": "99999999999999999999"}),
        ("/firms/987/merge", {"other": "1"}),
        ("/firms/1/split", {"record": "99999999999999999999"}),
        ("/firms/1/parent", {"parent": "'; drop table firm; --"}),
        ("/firms/1/undo/987", {}),
    ):
        assert visitor.post(path, **fields).status_code == 303, path
    visitor.post("/firms/1/merge", other="2", why="\0 one\x07 line\n")
    with app.reading() as tx:
        assert len(list_firms(tx)) == 1
    assert "one line" in visitor.see("/firms/1/history")
