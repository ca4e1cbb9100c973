"""A ranking as rows for JSON and CSV: the firms, their points, and what the model in use says of them."""

from typing import Any

ROW = (
    "rank",
    "firm_id",
    "firm",
    "domain",
    "country",
    "city",
    "employees_low",
    "employees_high",
    "founded_low",
    "founded_high",
    "score",
    "low",
    "high",
    "reasons",
)


LEARNED = ("probability", "foretells", "outcomes", "model")


def chances_of(tx: Any, profile_name: str, firm_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Return by firm what the model in use for the profile says of it; empty where none is in use."""
    from recruit.insights.models import list_chances
    from recruit.insights.profiles import find_current_profile

    line = find_current_profile(tx, profile_name)
    if line is None or line.foretold is None:
        return {}
    known = line.foretold
    return {
        firm_id: {
            "probability": round(chance, 4),
            "foretells": known.outcome,
            "outcomes": known.outcomes,
            "model": known.model,
        }
        for firm_id, chance in list_chances(tx, line.profile_id, firm_ids).items()
    }


def row_of(ranked: Any, *, reasons_as_text: bool) -> dict[str, Any]:
    """Return a ranked firm as a row of `ROW`; reasons as one text where a spreadsheet reads it."""
    firm, card = ranked.firm, ranked.card
    reasons: Any = [reason.to_json() for reason in card.reasons]
    if reasons_as_text:
        reasons = " | ".join(f"{r.points:g} {r.criterion}: {r.sentence}" for r in card.reasons)
    values = (
        ranked.rank,
        firm.id,
        firm.name,
        firm.domain,
        firm.country,
        firm.city,
        firm.employees_low,
        firm.employees_high,
        firm.founded_low,
        firm.founded_high,
        card.total,
        card.low,
        card.high,
        reasons,
    )
    return dict(zip(ROW, values, strict=True))
