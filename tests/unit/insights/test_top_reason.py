"""The one sentence that a line of the ranking has room for."""

from recruit.scoring.points import top_reason
from recruit.scoring.values import CriterionKind, Reason


def _reason(criterion: str, points: float) -> Reason:
    return Reason(
        criterion=criterion,
        kind=CriterionKind(criterion),
        points=points,
        low=points,
        high=points,
        most=50,
        sentence=f"About {criterion}.",
        evidence="",
    )


def test_it_is_the_reason_that_gives_the_most_points() -> None:
    reasons = [_reason("size", 15), _reason("specialty", 40), _reason("tenure", 40)]
    assert top_reason(reasons) == "About specialty."


def test_a_firm_without_reasons_has_no_sentence() -> None:
    assert top_reason([]) == ""
