"""The guide's worked firm: every number in its table is the code's."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from recruit.firms.values import FirmView
from recruit.scoring.points import score_firm
from recruit.scoring.profile import parse_profile
from recruit.scoring.values import CriterionKind
from recruit.scoring.whatif import ways_up

GUIDE = (Path(__file__).parents[3] / "docs" / "scoring.md").read_text(encoding="utf-8")
TODAY = date(2026, 3, 3)


def block(name: str) -> dict[str, Any]:
    (text,) = re.findall(rf"```toml {name}\n(.*?)```", GUIDE, re.DOTALL)
    return tomllib.loads(text)


PROFILE = parse_profile(block("profile"))
FIRM = FirmView(
    id=1,
    version=1,
    **{key: tuple(v) if isinstance(v, list) else v for key, v in block("firm").items()},
)


def test_the_table_of_the_worked_firm_is_what_the_code_counts() -> None:
    card = score_firm(FIRM, PROFILE, TODAY)
    rows = dict(
        re.findall(
            r"^\| \**(\w+)\** \|[^|]*\| ([\d.]+ \| [\d.]+ \| [\d.]+) \|", GUIDE, re.MULTILINE
        )
    )
    told = {
        key: tuple(float(cell) for cell in cells.split("|"))
        for key, cells in rows.items()
        if key != "criterion"
    }
    counted = {r.criterion: (r.low, r.points, r.high) for r in card.reasons}
    assert told == counted | {"score": (card.low, card.total, card.high)}


def test_what_would_lift_the_worked_firm_is_as_the_guide_says() -> None:
    assert ways_up(FIRM, PROFILE, TODAY, 95) == []
    assert {way.criterion for way in ways_up(FIRM, PROFILE, TODAY, 90)} == {
        "size",
        "tenure",
        "specialty",
    }


def test_every_kind_of_criterion_is_explained() -> None:
    for kind in CriterionKind:
        if kind is not CriterionKind.OVERRIDE:
            assert f"| `{kind.value}` |" in GUIDE
