"""The guide's examples are content that can be loaded as it stands."""

import re
from pathlib import Path

import pytest

from recruit.onboarding.content import read_content

GUIDE = Path(__file__).parents[3] / "docs" / "onboarding.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder made of nothing but what the guide shows."""
    track, course, resources, program = re.findall(
        r"```toml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL
    )
    files = {
        "agreement.md": "# Reseller agreement\n\nBe good.\n",
        "track.toml": track,
        "course-selling.toml": course,
        "resources.toml": resources,
        "program.toml": program,
        "agreement-msp-de.md": "# Partnervertrag\n\nSei gut.\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_guide_s_examples_make_a_program(folder: Path) -> None:
    content = read_content(folder)
    assert [step.key for step in content.track.steps] == ["agreement", "company", "certification"]
    assert [step.key for step in content.track.before("certification")] == ["agreement"]
    assert {course.key for course in content.courses} == {s.course for s in content.track.steps} - {
        ""
    }
    assert content.courses[0].certifies
    assert [resource.key for resource in content.resources] == ["price-list"]
    assert content.agreements[0][1] == "Reseller agreement"
    assert content.program is not None
    assert content.program.agreement_for("msp", "AT") == "msp-de"
    assert content.program.agreement_for("msp", "FR") == ""
    assert [name for name, _, _ in content.agreements] == ["reseller-agreement", "msp-de"]
