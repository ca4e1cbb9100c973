"""Names, ids and owners: a firm is found by what it was called, and knows whom it belongs to."""

from typing import Any

import pytest
from sqlalchemy import select

from recruit.firms.families import (
    ParentRefused,
    family_of,
    list_families,
    list_former_names,
    list_relatives,
    set_parent,
)
from recruit.firms.finding import FirmUnclear, find_meant_firm
from recruit.firms.history import list_history
from recruit.firms.merging import merge_firms
from recruit.firms.store import FirmNotFound, get_firm, list_firms
from recruit.firms.tables import Firm
from recruit.firms.undoing import undo
from recruit.firms.usecases import resolve_firms
from recruit.scoring.usecases import find_firm_by_text
from recruit.wiring import App
from tests.factories.firms import make_firm_row, store_sighting


def see(app: App, record_id: str, **values: Any) -> None:
    with app.transaction() as tx:
        store_sighting(tx, record_id, **values)
    with app.transaction() as tx:
        resolve_firms(tx)


@pytest.fixture
def chain(app: App) -> list[int]:
    """Four firms that have nothing to do with each other."""
    with app.transaction() as tx:
        firms = [make_firm_row(name=f"Firm {n}", name_key=f"firm {n}") for n in range(4)]
        tx.session.add_all(firms)
        tx.session.flush()
        return [firm.id for firm in firms]


def test_a_firm_that_was_renamed_is_found_by_both_names(app: App) -> None:
    see(app, "1", name="Northlight GmbH", website="https://northlight.example")
    see(app, "1", name="Aurora Works GmbH", website="https://northlight.example")
    with app.reading() as tx:
        (firm,) = list_firms(tx)
        assert firm.name == "Aurora Works GmbH"
        assert list_former_names(tx, firm.id) == ["Northlight GmbH"]
        for text in ("northlight gmbh", "Aurora Works", "northlight.example", str(firm.id)):
            assert find_meant_firm(tx, text) is firm
        assert find_firm_by_text(tx, text="Northlight GmbH").id == firm.id
        line = next(line for line in list_history(tx, firm.id) if "name" in line.fields)
        assert line.fields["name"] == ["Northlight GmbH", "Aurora Works GmbH"]
        assert line.sources["name"] == "The directory"
    # Back to the old name: it is no former one any more.
    see(app, "1", name="Northlight GmbH", website="https://northlight.example")
    with app.reading() as tx:
        assert list_former_names(tx, firm.id) == ["Aurora Works GmbH"]


def test_owners_and_subsidiaries_are_one_family_with_all_their_ids(
    app: App, chain: list[int]
) -> None:
    holding, child, grandchild, other = chain
    with app.transaction() as tx:
        set_parent(tx, firm_id=child, parent_id=holding, actor="Robin", why="Bought.")
        set_parent(tx, firm_id=child, parent_id=holding, actor="Robin", why="Bought.")
        set_parent(tx, firm_id=grandchild, parent_id=child, actor="Robin")
        merged = merge_firms(tx, keep=holding, away=other, actor="Robin")
    with app.reading() as tx:
        assert family_of(tx, grandchild) == (grandchild, child, holding, other)
        assert list_families(tx, [other]) == {other: (holding, other)}
        parent, children = list_relatives(tx, child)
        assert parent is not None
        assert (parent.id, [firm.id for firm in children]) == (holding, [grandchild])
        changes = [line for line in list_history(tx, child) if "parent" in line.fields]
        assert [line.fields["parent"] for line in changes] == [[None, f"Firm 0 ({holding})"]]
        with pytest.raises(FirmNotFound):
            family_of(tx, 999)
    with app.transaction() as tx:
        undo(tx, change_id=merged.change_id or 0, actor="Robin")
        assert family_of(tx, other) == (other,)


def test_a_firm_never_owns_itself(app: App, chain: list[int]) -> None:
    holding, child, grandchild, _ = chain
    with app.transaction() as tx:
        set_parent(tx, firm_id=child, parent_id=holding, actor="Robin")
        set_parent(tx, firm_id=grandchild, parent_id=child, actor="Robin")
        for firm_id, parent_id, words in (
            (holding, holding, "cannot belong to itself"),
            (holding, grandchild, f"recruit firms parent {grandchild} --none"),
        ):
            with pytest.raises(ParentRefused, match=words):
                set_parent(tx, firm_id=firm_id, parent_id=parent_id, actor="Robin")
        # Nor after it was merged with its owner, or its owner's owner.
        merge_firms(tx, keep=grandchild, away=holding, actor="Robin")
        merge_firms(tx, keep=child, away=grandchild, actor="Robin")
        assert list_relatives(tx, child)[0] is None
        assert set(family_of(tx, child)) == {holding, child, grandchild}


def test_what_is_unclear_is_refused_with_the_choices(app: App, chain: list[int]) -> None:
    with app.transaction() as tx:
        tx.session.add(make_firm_row(name="Firm 1", name_key="firm 1"))
        tx.session.flush()
        with pytest.raises(FirmUnclear, match='2 firms are meant by "Firm 1"'):
            find_meant_firm(tx, "Firm 1")
        for text in ("", "Nobody", "99999999999999999999", "https://nobody.example/x"):
            with pytest.raises(FirmUnclear, match="No firm has"):
                find_meant_firm(tx, text)
        alias = merge_firms(tx, keep=chain[0], away=chain[2], actor="Robin").other_id
        assert find_meant_firm(tx, str(alias)).id == chain[0]
        assert find_meant_firm(tx, "Firm 2").id == chain[0]
        assert get_firm(tx, alias) is tx.session.scalar(select(Firm).where(Firm.id == chain[0]))
