"""A profile's criteria as cards with curves."""

from recruit.scoring.profile import parse_profile
from recruit.web.desk.criteria import CURVE_HEIGHT, CURVE_WIDTH, criterion_cards
from tests.factories.world import PROFILE


def test_every_criterion_of_the_packaged_profile_has_a_card() -> None:
    cards = {card.title: card for card in criterion_cards(parse_profile(PROFILE))}
    assert set(cards) == {"Specialty", "Geography", "Size", "Tenure"}
    assert cards["Geography"].shares[-1].label == "Elsewhere"
    assert cards["Size"].sentence == "10–250 people give full points, fading out beyond."


def test_a_curve_stays_inside_its_picture_and_rises_before_it_falls() -> None:
    size = next(c for c in criterion_cards(parse_profile(PROFILE)) if c.title == "Size")
    assert size.curve is not None
    points = [tuple(map(float, pair.split(","))) for pair in size.curve.points.split()]
    assert all(0 <= x <= CURVE_WIDTH and 0 <= y <= CURVE_HEIGHT for x, y in points)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    heights = [y for _, y in points]
    assert heights[0] == heights[-1] == max(heights)
    assert [text for _, text in size.curve.marks] == ["2", "10", "250", "1,000"]


def test_a_hard_edge_is_a_step() -> None:
    definition = PROFILE | {
        "criteria": {"size": {"points": 10, "employees": {"full_from": 10}}},
    }
    (card,) = criterion_cards(parse_profile(definition))
    assert card.curve is not None
    points = [tuple(map(float, pair.split(","))) for pair in card.curve.points.split()]
    assert points[1][0] == points[2][0]
    assert points[1][1] > points[2][1]
