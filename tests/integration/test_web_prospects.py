"""Prospects: the ranked list, its filters, the side panel, and enrolling many firms at once."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from recruit.firms.tables import Firm
from recruit.scoring.tables import Score
from recruit.sequences.tables import Enrollment
from recruit.sequences.usecases import pause_sequence
from recruit.wiring import App
from tests.factories.web import Visitor, open_visitor, words_of
from tests.factories.world import World, build_world
from tests.factories.world.ids import SEQUENCE


@pytest.fixture
def world(app: App) -> World:
    """A world with firms at every point of their way."""
    with app.transaction() as tx:
        return build_world(tx, firms=90)


@pytest.fixture
def visitor(app: App) -> Visitor:
    """A recruiter at a browser."""
    return open_visitor(app)


def _listed(html: str) -> list[int]:
    return [int(found) for found in re.findall(r'name="firm" value="(\d+)" aria-label', html)]


def _column(app: App, column: Any, firm_ids: list[int]) -> list[Any]:
    with app.reading() as tx:
        rows = tx.session.execute(
            select(Firm.id, column)
            .outerjoin(Score, Score.firm_id == Firm.id)
            .where(Firm.id.in_(firm_ids))
        )
        values = {row[0]: row[1] for row in rows}
    return [values[firm_id] for firm_id in firm_ids]


def test_without_a_ranking_the_page_says_what_to_do(visitor: Visitor) -> None:
    text = visitor.see("/prospects")
    assert "No ranking yet" in text
    assert "Load a profile" in text


@pytest.mark.usefixtures("world")
class TestList:
    def test_it_shows_who_how_good_and_why(self, app: App, visitor: Visitor) -> None:
        html = visitor.get("/prospects").text
        listed = _listed(html)
        ranks = _column(app, Score.rank, listed)
        assert ranks == sorted(ranks)
        assert ranks[0] == 1
        text = words_of(html)
        assert "against Cloud-native service partner, version 2" in text
        assert "Offers kubernetes" in text
        assert re.search(r'aria-label="\d+ of 100"', html)
        assert re.search(r'aria-label="\d+ to \d+ of 100"', html), (
            "an interval where part is unknown"
        )

    @pytest.mark.parametrize(
        ("sort", "column"),
        [
            ("score", Score.total),
            ("name", Firm.name_key),
            ("size", func.coalesce(Firm.employees_high, Firm.employees_low)),
            ("founded", Firm.founded_low),
        ],
    )
    def test_it_sorts_both_ways_with_the_unknown_last(
        self, app: App, visitor: Visitor, sort: str, column: Any
    ) -> None:
        for direction in ("asc", "desc"):
            listed = _listed(visitor.get("/prospects", sort=sort, dir=direction).text)
            values = _column(app, column, listed)
            known = [value for value in values if value is not None]
            assert values[: len(known)] == known
            assert known == sorted(known, reverse=direction == "desc")

    def test_an_unknown_sort_key_is_the_rank(self, visitor: Visitor) -> None:
        plain = _listed(visitor.get("/prospects").text)
        assert _listed(visitor.get("/prospects", sort="password_hash").text) == plain

    def test_filters_narrow_it_and_stand_as_chips(self, app: App, visitor: Visitor) -> None:
        html = visitor.get(
            "/prospects",
            country=["DE", "PL"],
            tag="kubernetes",
            size_from=5,
            size_to=250,
            min_score=40,
        ).text
        listed = _listed(html)
        assert listed
        assert set(_column(app, Firm.country, listed)) <= {"DE", "PL"}
        assert all("kubernetes" in tags for tags in _column(app, Firm.specialties, listed))
        assert all(total >= 40 for total in _column(app, Score.total, listed))
        assert all(5 <= size <= 250 for size in _column(app, Firm.employees_low, listed))
        for chip in ("Country Germany", "Does kubernetes", "People 5–250", "Score 40 or more"):
            assert f"Remove the filter {chip}" in html

    def test_the_search_takes_signs_of_patterns_as_they_are(self, visitor: Visitor) -> None:
        assert len(_listed(visitor.get("/prospects", q="NORTH").text)) > 0
        for nothing in ("%", "_", "x'; --", "\\"):
            assert "No firm fits these filters" in visitor.see("/prospects", q=nothing)

    def test_states_are_those_of_every_stage(self, visitor: Visitor, world: World) -> None:
        for state, fate in (
            ("bounced", "bounced"),
            ("opted_out", "opted_out"),
            ("no_reply", "no_reply"),
            ("paused", "paused"),
        ):
            listed = _listed(visitor.get("/prospects", state=state).text)
            assert set(listed) == set(world.firms_by_fate[fate]), state
        partners = _listed(visitor.get("/prospects", state="partner").text)
        assert len(partners) == len(world.partner_ids)

    def test_firms_left_out_are_shown_with_the_reason_where_asked(self, visitor: Visitor) -> None:
        text = visitor.see("/prospects", state="left_out")
        assert "left out" in text
        assert "Works with cloud-native technology" in text or "Sells projects" in text

    def test_a_page_past_the_end_is_the_last(self, visitor: Visitor) -> None:
        assert (
            visitor.get("/prospects?page=99&sort=name").headers["location"]
            == "/prospects?sort=name"
        )


@pytest.mark.usefixtures("world")
class TestPanel:
    def test_it_opens_beside_the_list_with_reasons_facts_and_the_plan(
        self, visitor: Visitor, world: World
    ) -> None:
        firm_id = next(f for f in world.new_firm_ids if _is_ranked(visitor, f))
        text = words_of(visitor.ask(f"/prospects/panel/{firm_id}").text)
        assert "points" in text
        assert "Directory of remote companies" in text
        assert "Enroll in “Cloud partners, first contact”" in text
        assert "If you enroll it now" in text
        assert "Task for you 3" in text

    def test_the_address_names_the_open_firm_without_scripts_too(
        self, visitor: Visitor, world: World
    ) -> None:
        firm_id = world.firm_ids[7]
        html = visitor.get("/prospects", firm=firm_id).text
        assert f'href="/firms/{firm_id}" data-page' in html
        assert visitor.get(f"/prospects/panel/{firm_id}").headers["location"] == f"/firms/{firm_id}"

    def test_a_firm_without_an_address_says_why_it_cannot_be_enrolled(
        self, visitor: Visitor, world: World
    ) -> None:
        firm_id = next(f for f in world.without_contact_ids if _is_ranked(visitor, f))
        text = words_of(visitor.ask(f"/prospects/panel/{firm_id}").text)
        assert "There is no address to write to" in text
        assert "Enroll in" not in text


def _is_ranked(visitor: Visitor, firm_id: int) -> bool:
    return "Rank " in words_of(visitor.ask(f"/prospects/panel/{firm_id}").text)


def _enrolled(app: App) -> int:
    with app.reading() as tx:
        return tx.session.scalar(select(func.count(Enrollment.id))) or 0


class TestEnroll:
    def test_it_enrolls_what_is_selected_and_says_how_many(
        self, app: App, visitor: Visitor, world: World
    ) -> None:
        before = _enrolled(app)
        chosen = world.new_firm_ids[:3]
        response = visitor.post(
            "/prospects/enroll", sequence=SEQUENCE, firm=chosen, back="/prospects?sort=name"
        )
        assert response.headers["location"] == "/prospects?sort=name"
        assert "3 firms enrolled." in visitor.see("/prospects?sort=name")
        assert "3 firms enrolled." not in visitor.see("/prospects"), "a notice is shown once"
        assert _enrolled(app) == before + 3
        with app.reading() as tx:
            enrollment = tx.session.scalars(
                select(Enrollment).where(Enrollment.firm_id == chosen[0])
            ).one()
            assert enrollment.enrolled_by == "Robin Vale"
            assert enrollment.profile_version_id == world.profile_version_id
            assert enrollment.score_total is not None

    def test_each_refusal_stops_one_firm_and_is_explained(
        self, app: App, visitor: Visitor, world: World
    ) -> None:
        before = _enrolled(app)
        chosen = [
            world.new_firm_ids[0],
            world.firms_by_fate["active"][0],
            world.without_contact_ids[0],
            987_654,
            world.new_firm_ids[1],
        ]
        response = visitor.post("/prospects/enroll", sequence=SEQUENCE, firm=chosen)
        text = words_of(response.text)
        assert "2 of 5 firms enrolled" in text
        assert "A firm gets a sequence once" in text
        assert "no contact with an e-mail address" in text
        assert "There is no such firm" in text
        assert _enrolled(app) == before + 2

    def test_a_firm_selected_twice_is_enrolled_once(
        self, app: App, visitor: Visitor, world: World
    ) -> None:
        before = _enrolled(app)
        visitor.post("/prospects/enroll", sequence=SEQUENCE, firm=[world.new_firm_ids[0]] * 2)
        assert _enrolled(app) == before + 1

    @pytest.mark.usefixtures("world")
    def test_nothing_selected_is_said(self, visitor: Visitor) -> None:
        response = visitor.post("/prospects/enroll", sequence=SEQUENCE, back="/prospects")
        assert response.headers["location"] == "/prospects"
        assert "No firm is selected" in visitor.see("/prospects")

    def test_a_paused_sequence_takes_nobody(self, app: App, visitor: Visitor, world: World) -> None:
        with app.transaction() as tx:
            pause_sequence(tx, name=SEQUENCE)
        visitor.post("/prospects/enroll", sequence=SEQUENCE, firm=world.new_firm_ids[0])
        assert "was not enrolled" in visitor.see("/prospects")

    def test_an_unknown_sequence_is_said_for_each_firm(
        self, visitor: Visitor, world: World
    ) -> None:
        response = visitor.post("/prospects/enroll", sequence="nope", firm=world.new_firm_ids[:2])
        assert "0 of 2 firms enrolled" in words_of(response.text)

    def test_the_way_back_stays_on_the_site(self, visitor: Visitor, world: World) -> None:
        response = visitor.post(
            "/prospects/enroll",
            sequence=SEQUENCE,
            firm=world.new_firm_ids[0],
            back="//evil.example",
        )
        assert response.headers["location"] == "/prospects"
