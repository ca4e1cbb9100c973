"""Publishing: the same content is the same version, and what partners began or earned stays, on both databases."""

from importlib.resources import files

import pytest
from sqlalchemy import func, select

from recruit.insights.onboarding import partner_page
from recruit.onboarding.content import publish_content, read_content
from recruit.onboarding.definitions import ContentError
from recruit.onboarding.tables import AgreementVersion, Course, Resource, Track
from recruit.onboarding.usecases import (
    check_gate,
    publish_agreement,
    publish_course,
    publish_resource,
    publish_track,
)
from recruit.onboarding.values import Action, PartnerState
from recruit.wiring import App
from tests.factories.onboarding import (
    basics_data,
    make_partner,
    publish_small_track,
    selling_data,
    track_data,
)

TABLES = (AgreementVersion, Course, Track, Resource)


@pytest.fixture
def program(app: App) -> App:
    """An app whose small track is published."""
    with app.transaction() as tx:
        publish_small_track(tx)
    return app


def counts(app: App) -> list[int | None]:
    with app.reading() as tx:
        return [tx.session.scalar(select(func.count()).select_from(table)) for table in TABLES]


def test_the_same_content_is_the_same_version_however_often(app: App) -> None:
    content = read_content(files("recruit.demo") / "data" / "onboarding")
    for _ in range(3):
        with app.transaction() as tx:
            publish_content(tx, content)
        assert counts(app) == [1, 2, 1, 3]


def test_every_change_is_a_version_of_its_own_and_going_back_is_one_as_well(program: App) -> None:
    numbers = []
    for title in ("Product basics", "Basics", "Basics", "Product basics"):
        with program.transaction() as tx:
            numbers.append(publish_course(tx, definition=basics_data(title=title)).number)
    assert numbers == [1, 2, 2, 3]
    texts = []
    for text in ("# Terms\n\nBe good.\n", "Be bad.", "# Terms\n\nBe good.\n"):
        with program.transaction() as tx:
            texts.append(publish_agreement(tx, name="terms", title="Terms", text=text).number)
    assert texts == [1, 2, 3]


def test_the_order_of_keys_and_a_default_written_out_change_nothing(program: App) -> None:
    data = track_data()
    data["steps"][1] |= {"people": 1, "hint": "", "minutes": 5}
    with program.transaction() as tx:
        assert publish_track(tx, definition=dict(reversed(data.items()))).number == 1


def test_a_track_that_names_what_is_not_published_is_refused(app: App) -> None:
    with app.transaction() as tx:
        publish_agreement(tx, name="terms", title="Terms", text="Be good.")
        publish_course(tx, definition=basics_data())
    with pytest.raises(ContentError) as caught, app.transaction() as tx:
        publish_track(tx, definition=track_data(), file="track.toml")
    assert str(caught.value) == (
        "track.toml: steps.certification: The course 'selling' is not published. Known: basics."
    )
    data = track_data()
    data["steps"][0]["agreement"] = "contract"
    with (
        pytest.raises(ContentError, match="agreement 'contract' is not published"),
        app.transaction() as tx,
    ):
        publish_track(tx, definition=data)
    assert counts(app)[2] == 0


def test_a_resource_behind_no_gate_is_refused(app: App) -> None:
    with pytest.raises(ContentError, match="Did you mean 'see_prices'"), app.transaction() as tx:
        publish_resource(tx, key="p", title="P", markdown="P", action="see_price", owner="Morgan")


def test_a_resource_is_replaced_and_moves_behind_another_gate_at_once(program: App) -> None:
    with program.transaction() as tx:
        publish_resource(
            tx, key="deck", title="Deck", markdown="New.", action=Action.SEE_PRICES, owner="Morgan"
        )
    assert counts(program)[3] == 2
    with program.reading() as tx:
        deck = tx.session.scalars(select(Resource).where(Resource.key == "deck")).one()
        assert (deck.markdown, deck.action) == ("New.", Action.SEE_PRICES)


def test_a_partner_keeps_the_track_on_which_they_began(program: App) -> None:
    early = make_partner(program, 2)
    short = track_data(steps=track_data()["steps"][:2], opens={})
    with program.transaction() as tx:
        assert publish_track(tx, definition=short).number == 2
    late = make_partner(program, 2)
    with program.reading() as tx:
        pages = [partner_page(tx, s.partner_id) for s in (early, late)]
    assert [len(page.steps) for page in pages] == [4, 2]
    assert [page.state for page in pages] == [PartnerState.TRAINING, PartnerState.FULL_ACCESS]


def test_a_new_lesson_is_to_be_read_before_the_quiz_and_old_ones_are_not(program: App) -> None:
    stored = make_partner(program, 3)
    stored.read("selling")
    data = selling_data()
    data["lessons"].append(data["lessons"][0] | {"key": "added", "title": "Added"})
    with program.transaction() as tx:
        publish_course(tx, definition=data)
    with program.reading() as tx:
        decision = check_gate(
            tx, person_id=stored.person_id, action=Action.TAKE_QUIZ, course="selling"
        )
    assert [m.lesson for m in decision.missing] == ["added"]
