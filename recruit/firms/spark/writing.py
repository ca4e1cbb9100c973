"""A whole run on Spark: hand it every sighting, place the new ones there, and write what came of it here."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from recruit.db.transaction import Transaction
from recruit.firms import name_words
from recruit.firms import sightings as queries
from recruit.firms.bulk.writing import write_plan
from recruit.firms.spark.placing import Placed, place_on_spark, write_sightings
from recruit.firms.spark.session import SparkPlace, open_spark
from recruit.firms.values import ResolutionReport
from recruit.firms.verdicts import load_said

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Sightings, or names, stored at once.
_AT_ONCE = 20_000


def resolve_on_spark(tx: Transaction, actor: str, place: SparkPlace) -> ResolutionReport:
    """Place every sighting that is new or has changed, looking at all that there are. Raises `SparkMissing`."""
    with open_spark(place.master) as spark, TemporaryDirectory(dir=place.folder) as folder:
        path = Path(folder) / "sightings.parquet"
        unseen: set[int] = set()
        firm_of: dict[int, int] = {}

        def note() -> Iterator[tuple[int, list[Any], int | None, bool]]:
            for row in queries.iterate_facts(tx):
                record_id, _, firm_id, is_unseen = row
                if is_unseen:
                    unseen.add(record_id)
                    if firm_id is not None:
                        firm_of[record_id] = firm_id
                yield row

        write_sightings(path, note())
        sightings = spark.read.parquet(path.absolute().as_uri()).repartition(
            spark.sparkContext.defaultParallelism
        )
        placed = place_on_spark(spark, sightings, load_said(tx))
        _store(tx, placed, firm_of)
        plan = placed.plan
    changed = {record for record in placed.fresh if record in firm_of}
    silent = unseen - placed.fresh
    return write_plan(tx, plan, fresh=placed.fresh, changed=changed, silent=silent, actor=actor)


def _store(tx: Transaction, placed: Placed, firm_of: dict[int, int]) -> None:
    """Store keys and words, by which later runs find these sightings."""
    keys = placed.keys.select("record_id", "key").orderBy("record_id")
    fresh = ((record, key) for record, key in _rows(keys) if record in placed.fresh)
    for some in _grouped(fresh):
        queries.replace_keys(tx, some, [record for record in some if record in firm_of])
    for words in _grouped(_rows(placed.words.select("name", "word").orderBy("name"))):
        name_words.add_name_words(tx, words)


def _rows(frame: "DataFrame") -> Iterator[tuple[Any, Any]]:
    return ((row[0], row[1]) for row in frame.toLocalIterator())


def _grouped(rows: Iterator[tuple[Any, Any]]) -> Iterator[dict[Any, list[Any]]]:
    some: dict[Any, list[Any]] = {}
    for name, found in groupby(rows, itemgetter(0)):
        some[name] = [value for _, value in found]
        if len(some) >= _AT_ONCE:
            yield some
            some = {}
    if some:
        yield some
