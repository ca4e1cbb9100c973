"""The guide's example is a sequence that loads."""

import re
from pathlib import Path

from recruit.sequences.parsing import parse_definition, read_toml
from recruit.sequences.values import StepKind

GUIDE = Path(__file__).parents[3] / "docs" / "sequences.md"


def test_the_guides_sequence_loads_and_has_every_part() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    parsed = parse_definition(read_toml(example, "docs/sequences.md"))
    kinds = [step.kind for step in parsed.steps]
    assert kinds == [
        StepKind.EMAIL,
        StepKind.TASK,
        StepKind.BRANCH,
        StepKind.EMAIL,
        StepKind.EMAIL,
    ]
    assert parsed.following(3) is None
    assert parsed.steps[2].then == 4
    assert len(parsed.steps[4].variants) == 2
    assert parsed.rules.stop_when
