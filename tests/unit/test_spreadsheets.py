"""No cell of our files runs in a spreadsheet."""

import pytest

from recruit.spreadsheets import harmless


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "=cmd|' /C calc'!A0", "+cmd", "-2+3*cmd()", "@SUM(A1)", "\t=1", "\r=1", "\n=1",
        " =1+1", "＝1+1", "＋A1", "－A1", "＠A1", '=HYPERLINK("http://evil.example","x")', "+A1",
    ],
)  # fmt: skip
def test_a_formula_becomes_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell",
    ["Vela GmbH", "", "+49 40 123-45", "+1 (555) 0100", "-12.5", "a=b", "1-2", 7, -7, None, 1.5],
)
def test_what_is_no_formula_stays_as_it_is(cell: object) -> None:
    assert harmless(cell) == cell
