"""The profile's pages: edited with the effect beside it, saved as versions, compared, and chosen from."""

import re

import pytest

from recruit.people.values import Role
from recruit.scoring.usecases import list_examples, list_profiles, rank_firms
from recruit.wiring import App
from tests.factories.web import Visitor, open_visitor, words_of
from tests.factories.world import PROFILE, World, build_world

NAME = PROFILE["name"]


@pytest.fixture
def world(app: App) -> World:
    """A world with firms at every point of their way."""
    with app.transaction() as tx:
        world = build_world(tx, firms=90)
        rank_firms(tx, profile_name=NAME)
        return world


@pytest.fixture
def visitor(app: App) -> Visitor:
    """A channel manager at a browser."""
    return open_visitor(app, Role.CHANNEL_MANAGER)


def base_of(app: App) -> str:
    with app.reading() as tx:
        return str(next(line.version for line in list_profiles(tx) if line.name == NAME))


def test_without_a_profile_an_example_starts_one(app: App, visitor: Visitor) -> None:
    assert "No profile yet" in visitor.see("/profile")
    for example in list_examples():
        answer = visitor.post("/profile/example", example=example.name)
        assert answer.status_code == 303, words_of(answer.text)
    with app.reading() as tx:
        assert [line.name for line in list_profiles(tx)] == sorted(e.name for e in list_examples())
    assert visitor.post("/profile/example", example="none").status_code == 404


@pytest.mark.usefixtures("world")
class TestEditor:
    def test_it_shows_each_value_under_its_name_and_what_it_does(self, visitor: Visitor) -> None:
        html = visitor.get("/profile").text
        for path in ("criteria.size.points", "criteria.size.employees.full_to", "missing"):
            assert f'name="{path}"' in html
        assert 'name="criteria.specialty.terms[1].term"' in html
        text = words_of(html)
        assert "How scores are spread" in text
        assert "How steady the top 50 are" in text or "How steady the top" in text
        assert "Nobody: the same firms as in the saved version." in text

    def test_a_preview_counts_and_saves_nothing(self, app: App, visitor: Visitor) -> None:
        before = base_of(app)
        answer = visitor.post(
            "/profile/preview", name=NAME, **{"criteria.geography.points": "95", "title": "T"}
        )
        assert answer.status_code == 200
        assert "Counted in" in words_of(answer.text)
        assert base_of(app) == before

    def test_a_preview_of_nonsense_says_what_is_wrong_where(self, visitor: Visitor) -> None:
        answer = visitor.post(
            "/profile/preview", name=NAME, **{"criteria.size.employees.full_from": "9000"}
        )
        text = words_of(answer.text)
        assert "It cannot be used like this" in text
        assert "criteria.size.employees.full_from" in text
        assert "The edges overlap" in text

    def test_saving_makes_a_version_ranks_it_and_says_what_changes(
        self, app: App, visitor: Visitor
    ) -> None:
        before = int(base_of(app))
        answer = visitor.post(
            "/profile", name=NAME, base=str(before), **{"criteria.size.points": "40"}
        )
        assert answer.status_code == 303
        text = visitor.see(answer.headers["location"])
        assert f"Saved as version {before + 1}" in text
        assert re.search(r"criteria.size.points: \S+ → 40", text)
        assert f"version {before + 1}" in visitor.see("/prospects")

    def test_saving_what_is_wrong_keeps_what_was_typed(self, app: App, visitor: Visitor) -> None:
        before = base_of(app)
        answer = visitor.post("/profile", name=NAME, base=before, **{"criteria.size.points": "-4"})
        assert answer.status_code == 422
        assert 'value="-4"' in answer.text
        assert "-4 is negative" in words_of(answer.text)
        assert base_of(app) == before

    def test_what_another_saved_meanwhile_is_not_lost(self, app: App, visitor: Visitor) -> None:
        before = base_of(app)
        visitor.post("/profile", name=NAME, base=before, **{"criteria.size.points": "40"})
        answer = visitor.post("/profile", name=NAME, base=before, title="Mine")
        assert answer.status_code == 409
        assert "while you were editing" in words_of(answer.text)
        assert 'value="Mine"' in answer.text
        assert 'value="40"' in answer.text

    def test_a_criterion_is_added_and_stays_unsaved(self, app: App, visitor: Visitor) -> None:
        before = base_of(app)
        answer = visitor.post("/profile/edit", name=NAME, add_kind="signals", add_key="has a site")
        assert 'name="criteria.has a site.signals[1].field"' in answer.text
        assert base_of(app) == before
        unknown = visitor.post("/profile/edit", name=NAME, add_kind="nonsense")
        assert unknown.status_code == 200

    def test_text_is_saved_or_refused_with_the_key(self, visitor: Visitor) -> None:
        html = visitor.get("/profile/text", name=NAME).text
        assert "[criteria.size]" in html
        answer = visitor.post("/profile/text", text='name = "x"\ntitle = "X"\n[criteria.sise]\n')
        assert answer.status_code == 422
        assert 'Did you mean "size"?' in words_of(answer.text)
        saved = visitor.post("/profile/text", text=list_examples()[0].text)
        assert saved.status_code == 303

    def test_example_firms_that_nobody_knows_are_refused_at_saving(self, visitor: Visitor) -> None:
        text = (
            'name = "x"\ntitle = "X"\n[criteria.specialty]\npoints = 1\nlike = ["nobody.example"]\n'
        )
        answer = visitor.post("/profile/text", text=text)
        assert answer.status_code == 422
        assert "None of the example firms is known" in words_of(answer.text)


@pytest.mark.usefixtures("world")
class TestReports:
    def test_moves_are_shown_with_their_causes(self, app: App, visitor: Visitor) -> None:
        visitor.post("/profile", name=NAME, base=base_of(app), **{"criteria.size.points": "70"})
        text = visitor.see("/profile/moves", name=NAME)
        assert re.search(r"\d+ firms moved", text)
        assert "weight" in text
        for nonsense in ("x", "-1", "9" * 30, "99"):
            assert visitor.get("/profile/moves", name=NAME, before=nonsense).status_code == 200

    def test_a_portfolio_says_what_each_adds(self, visitor: Visitor) -> None:
        text = visitor.see("/profile/portfolio", n="5")
        assert "First to cover" in text or "Strengthens" in text
        assert "at least 63%" in text
        for nonsense in ("x", "-1", "9999999"):
            assert visitor.get("/profile/portfolio", n=nonsense).status_code == 200


@pytest.mark.usefixtures("world")
class TestDecisions:
    def firm_ids(self, visitor: Visitor) -> list[str]:
        return re.findall(r'name="firm" value="(\d+)" aria-label', visitor.get("/prospects").text)

    def test_a_veto_takes_firms_out_and_undo_brings_them_back(self, visitor: Visitor) -> None:
        first, second, *_ = self.firm_ids(visitor)
        answer = visitor.post("/prospects/veto", firm=[first, second], because="Customers")
        page = visitor.get(answer.headers["location"])
        assert "2 firms vetoed." in words_of(page.text)
        assert first not in self.firm_ids(visitor)
        (ids,) = re.findall(r'name="ids" value="([\d,]+)"', page.text)
        visitor.post("/overrides/undo", ids=ids)
        assert self.firm_ids(visitor)[:2] == [first, second]

    def test_a_veto_needs_a_reason_and_a_firm(self, visitor: Visitor) -> None:
        first, *_ = self.firm_ids(visitor)
        for fields in ({"firm": first}, {"because": "Why"}):
            answer = visitor.post("/prospects/veto", **fields)
            text = visitor.see(answer.headers["location"])
            assert "Say why" in text or "No firm is selected" in text
        assert self.firm_ids(visitor)[0] == first

    def test_a_pin_shows_in_the_list_and_points_on_the_firm_s_page(self, visitor: Visitor) -> None:
        *_, last = self.firm_ids(visitor)
        visitor.post(f"/firms/{last}/override", kind="pin", because="Kim knows them")
        assert self.firm_ids(visitor)[0] == last
        assert "Pinned" in visitor.see("/prospects")
        visitor.post(f"/firms/{last}/override", kind="points", points="2,5", because="Nice")
        text = visitor.see(f"/firms/{last}/score")
        assert "+2.5 points given by Robin Vale: Nice" in text

    @pytest.mark.parametrize(
        "fields",
        [
            {"kind": "points", "points": "many"},
            {"kind": "points", "points": "nan"},
            {"kind": "points", "points": ""},
            {"kind": "veto", "until": "tomorrow"},
            {"kind": "veto", "until": "2001-01-01"},
        ],
    )
    def test_nonsense_is_refused_in_a_sentence(
        self, visitor: Visitor, fields: dict[str, str]
    ) -> None:
        first, *_ = self.firm_ids(visitor)
        answer = visitor.post(f"/firms/{first}/override", because="Why", **fields)
        assert answer.status_code == 303
        assert "undo=" not in answer.headers["location"]

    def test_a_vetoed_firm_is_not_enrolled(self, visitor: Visitor) -> None:
        first, *_ = self.firm_ids(visitor)
        visitor.post("/prospects/veto", firm=[first], because="Our customer")
        html = visitor.get("/prospects").text
        (sequence,) = set(re.findall(r'name="sequence" value="([^"]+)"', html))
        answer = visitor.post("/prospects/enroll", firm=[first], sequence=sequence)
        text = visitor.see(answer.headers["location"])
        assert "left out of the ranking: Vetoed by" in text

    def test_a_view_is_saved_opened_and_dropped(self, visitor: Visitor) -> None:
        query = "/prospects?country=DE&sort=size&dir=desc&evil=1"
        answer = visitor.post("/prospects/views", name="German, large first", query=query)
        assert answer.headers["location"] == "/prospects?country=DE&sort=size&dir=desc"
        html = visitor.get(answer.headers["location"]).text
        assert "German, large first" in html
        assert "Drop this view" in html
        (drop,) = re.findall(r'action="(/prospects/views/\d+/drop)"', html)
        visitor.post(drop)
        assert "is dropped" in visitor.see("/prospects")
        assert "German, large first" not in visitor.see("/prospects")
        assert visitor.post(drop).status_code == 303

    def test_a_view_without_a_name_is_refused(self, visitor: Visitor) -> None:
        answer = visitor.post("/prospects/views", name=" ", query="")
        assert "A view needs a name" in visitor.see(answer.headers["location"])

    def test_one_look_up_away_are_those_that_could_enter(self, visitor: Visitor) -> None:
        assert visitor.get("/prospects", near="1").status_code == 200
