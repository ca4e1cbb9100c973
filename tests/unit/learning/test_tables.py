"""Tables with outcomes as people have them: what is read, what is left out and why, what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recruit.learning.columns import is_numeric
from recruit.learning.outcome_table import (
    TableRefused,
    prepare,
    rank_alone,
    read_features,
    read_table,
)
from tests.factories.learning import outcome_rows


def awkward(n: int = 300) -> pd.DataFrame:
    """A table with one of everything that goes wrong."""
    table, y = outcome_rows(n)
    won = np.where(y == 1, "Yes", "No")
    return table.assign(
        **{
            "Customer ID": [f"C-{i}" for i in range(n)],
            "row_id": range(n),
            "always": "x",
            "empty": None,
            "price": [f"${i % 7},{i % 900:03d}.50" for i in range(n)],
            "code": [f"0{i % 9}" for i in range(n)],
            "signed_up": [f"2024-0{1 + i % 9}-01" for i in range(n)],
            "closed_on": np.where(y == 1, "2026-01-01", None),
            "when": [f"2025-{1 + i * 12 // n:02d}-{1 + i % 28:02d}" for i in range(n)],
            "won": won,
        }
    )


def test_what_cannot_teach_is_left_out_with_its_reason() -> None:
    told = prepare(awkward(), "won", time="when")
    because = {one.column: one.because for one in told.left_out}
    assert "different text" in because["Customer ID"]
    assert "counts or names" in because["row_id"]
    assert "always x" in because["always"]
    assert "empty" in because["empty"]
    assert "almost surely" in because["closed_on"]
    assert set(told.features) == {
        "size",
        "tenure",
        "noise",
        "country",
        "price",
        "code",
        "signed_up",
    }


def test_kinds_are_found_numbers_in_money_codes_and_dates() -> None:
    told = prepare(awkward(), "won", time="when").features
    assert told["price"].dtype == float
    assert not is_numeric(told["code"])
    # Dates count back from the row's own time.
    assert told["signed_up"].min() > 0


def test_rows_stand_in_the_order_of_time() -> None:
    table = awkward().sample(frac=1, random_state=1)
    told = prepare(table, "won", time="when")
    assert told.at is not None
    assert np.all(np.diff(told.at) >= 0)


def test_a_leak_may_be_kept_on_purpose() -> None:
    assert "closed_on" in prepare(awkward(), "won", keep=["closed_on"]).features


def test_rows_without_an_outcome_are_counted_out() -> None:
    table = awkward()
    table.loc[:9, "won"] = None
    told = prepare(table, "won")
    assert told.unknown == 10
    assert len(told.y) == 290


@pytest.mark.parametrize(
    ("values", "good", "rate"),
    [
        (["yes", "no"], None, 0.5),
        ([1, 0], None, 0.5),
        ([1.0, 0.0], None, 0.5),
        ([True, False], None, 0.5),
        (["TRUE", "false"], None, 0.5),
        (["gold", "silver", "none", "none"], "gold", 0.25),
        ([3, 4], "4", 0.5),
    ],
)
def test_outcomes_are_read_as_people_write_them(values: Any, good: str | None, rate: float) -> None:
    table = pd.DataFrame(
        {"x": np.random.default_rng(0).normal(size=40), "won": values * (40 // len(values))}
    )
    assert prepare(table, "won", good=good).y.mean() == rate


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"outcome": "won?"}, 'no column "won\\?"'),
        ({"outcome": "country"}, "--good VALUE"),
        ({"outcome": "won", "good": "maybe"}, 'has the value "maybe"'),
        ({"outcome": "won", "time": "country"}, "holds no times"),
        ({"outcome": "won", "time": "won"}, "cannot be the outcome and the time"),
        ({"outcome": "won", "drop": ["colour"]}, 'no column "colour"'),
        ({"outcome": "empty"}, "empty in every row"),
        (
            {"outcome": "won", "drop": ["size", "tenure", "noise", "country", "price", "code",
                                        "signed_up", "when"]},
            "No column is left",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_from_is_refused_in_words(asked: Any, words: str) -> None:
    with pytest.raises(TableRefused, match=words):
        prepare(awkward(), asked.pop("outcome"), **asked)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_is_read(tmp_path: Path, delimiter: str) -> None:
    file = tmp_path / "a.csv"
    awkward(50).to_csv(file, sep=delimiter, index=False)
    assert read_table(file).shape == (50, 14)


def test_parquet_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    outcome_rows(50)[0].to_parquet(file)
    assert read_table(file).shape == (50, 4)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "cannot be read"), (b"a,b\n", "no rows"), (b"\xff\xfe\x00", "cannot be read")],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    with pytest.raises(TableRefused, match=words):
        read_table(file)


def test_a_file_to_score_must_have_the_models_columns(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("size\n1\n")
    with pytest.raises(TableRefused, match='lacks the column "tenure"'):
        read_features(file, ["size", "tenure"], time=None)


def test_a_columns_own_rank_is_not_taken_from_its_own_rows() -> None:
    # A different level in each row would "know" every outcome.
    y = (np.random.default_rng(0).random(400) < 0.5).astype(float)
    assert rank_alone(pd.Series([f"t{i}" for i in range(400)]), y) < 0.6
