"""The folder of models: whole, numbered, hashed, and nothing in use that may not be."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recruit.learning.measures import Interval
from recruit.learning.promotion import why_not
from recruit.learning.record import ModelRecord
from recruit.learning.registry import FILES, ModelRefused, Models
from recruit.learning.training import Rows, Trained, train
from recruit.learning.values import Kind
from recruit.learning.verdict import Trust, Verdict
from recruit.scoring.profile import parse_profile
from tests.factories.learning import outcome_rows
from tests.factories.scoring import make_profile_data

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
SHIPPED = Path(__file__).parents[3] / "models"


@pytest.fixture(scope="module")
def trained() -> Trained:
    table, y = outcome_rows(300)
    return train(Rows(table, y.astype(float), "a test", "won"), by="test", now=NOW)


@pytest.fixture
def models(tmp_path: Path, trained: Trained) -> Models:
    models = Models(tmp_path / "models")
    models.add(trained.record, trained.tables)
    return models


def test_a_kept_model_reads_back_as_it_was(models: Models, trained: Trained) -> None:
    record = models.get("ipp-0001")
    assert models.problems("ipp-0001") == []
    assert replace(record, name="", tables_sha256="") == trained.record


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named_and_the_model_not_used(models: Models, file: str) -> None:
    (models.folder / "ipp-0001" / file).unlink()
    assert models.problems("ipp-0001") == [f"{file} is missing"]
    with pytest.raises(ModelRefused, match="damaged"):
        models.tables("ipp-0001")


def test_changed_tables_are_not_used(models: Models) -> None:
    file = models.folder / "ipp-0001" / "tables.json"
    told = json.loads(file.read_text())
    told["level"] += 1
    file.write_text(json.dumps(told))
    with pytest.raises(ModelRefused, match="not those that metrics"):
        models.tables("ipp-0001")


def test_a_card_that_lacks_a_part_is_found(models: Models) -> None:
    card = models.folder / "ipp-0001" / "card.md"
    card.write_text(card.read_text().replace("## Limits", "## Praise"))
    assert models.problems("ipp-0001") == ['card.md has no "Limits"']


def test_every_shipped_model_is_whole() -> None:
    shipped = Models(SHIPPED)
    assert shipped.names()
    assert [problem for name in shipped.names() for problem in shipped.problems(name)] == []
    assert set(shipped.all_current().values()) <= set(shipped.names())


@pytest.mark.parametrize("name", ["ipp-0009", "../secret", "ipp-1", "", "CURRENT"])
def test_a_model_that_is_not_there_is_refused(models: Models, name: str) -> None:
    with pytest.raises(ModelRefused, match="known: ipp-0001"):
        models.get(name)


def test_many_that_are_kept_at_once_have_numbers_of_their_own(
    tmp_path: Path, trained: Trained
) -> None:
    models = Models(tmp_path)
    adding = [
        threading.Thread(target=models.add, args=(trained.record, trained.tables)) for _ in range(6)
    ]
    for thread in adding:
        thread.start()
    for thread in adding:
        thread.join()
    assert models.names() == [f"ipp-000{i}" for i in range(1, 7)]
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".new")]


def test_what_is_in_use_has_a_history(models: Models) -> None:
    models.use("a", "ipp-0001", what="promoted", by="pat", because="better", at=NOW)
    models.use("b", "ipp-0001", what="promoted", by="pat", because="better", at=NOW)
    models.use("a", None, what="rolled back", by="kim", because="worse", at=NOW)
    assert models.all_current() == {"b": "ipp-0001"}
    assert [(e.by, e.model, e.before) for e in models.history("a")] == [
        ("pat", "ipp-0001", ""),
        ("kim", "", "ipp-0001"),
    ]


def for_profile(trained: Trained, **over: object) -> ModelRecord:
    """A record of a model for the profile of the factories."""
    return replace(
        trained.record,
        name="ipp-0001",
        profile="cloud-partner",
        features=("specialty", "fact: country"),
        **over,
    )


def test_a_sound_model_may_be_used(trained: Trained) -> None:
    assert why_not(for_profile(trained), parse_profile(make_profile_data()), None) == ""


def test_a_refused_model_may_not_be_used(trained: Trained) -> None:
    refused = for_profile(trained, verdict=Verdict(Trust.REFUSED, "No better than chance."))
    assert "No better than chance" in why_not(refused, parse_profile(make_profile_data()), None)


def test_a_boosted_model_on_few_good_outcomes_may_not_be_used(trained: Trained) -> None:
    few = for_profile(trained, kind=Kind.BOOSTED, data=replace(trained.record.data, positives=119))
    assert "120 are the least" in why_not(few, parse_profile(make_profile_data()), None)


def test_a_model_worse_than_the_points_may_not_be_used(trained: Trained) -> None:
    own = trained.record.trial
    declared = replace(own, kind=Kind.DECLARED, auc=Interval(0.99, 0.98, 1.0))
    worse = for_profile(trained, trials=(declared, own), kind=own.kind)
    assert "ranks worse" in why_not(worse, parse_profile(make_profile_data()), None)


def test_a_model_of_a_criterion_that_is_gone_may_not_be_used(trained: Trained) -> None:
    data = make_profile_data()
    del data["criteria"]["specialty"]
    assert "no longer has" in why_not(for_profile(trained), parse_profile(data), None)
