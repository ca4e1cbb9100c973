"""Placing sightings on a Spark cluster: the plan that `recruit.firms.placing.place` would make.

What is compared with what, what is decided and what is clustered happens on Spark's machines. The driver
keeps numbers only: of each sighting its id, firm and component, and both ends of each link that joins.
"""

import json
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.sparse import coo_matrix  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from recruit.firms.clustering import NOTHING_SAID, Link, Said
from recruit.firms.evidence import Surroundings
from recruit.firms.fingerprint import Fingerprint
from recruit.firms.placing import MOST_DOUBTFUL, Leaving, Plan, find_leaving, make_placements
from recruit.firms.rarity import Rarity
from recruit.firms.spark import workers
from recruit.firms.values import Verdict

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ROWS = 20_000
# A word or a value that so few share is as rare as one that nobody else has.
_NO_CROWD = 2


@dataclass(frozen=True)
class Placed:
    """The plan, the ids of fresh sightings that name a firm, and the frames that are to be stored.

    `keys` are the blocking keys of sightings, `words` those of names, as `workers` describes them.
    """

    plan: Plan
    fresh: frozenset[int]
    keys: "DataFrame"
    words: "DataFrame"


def write_sightings(
    path: Path, sightings: Iterable[tuple[int, list[Any], int | None, bool]]
) -> None:
    """Write (id, facts as JSON has them, firm, whether it is unseen) as Parquet that Spark reads."""
    schema = pa.schema(
        [
            ("record_id", pa.int64()),
            ("facts", pa.string()),
            ("firm_id", pa.int64()),
            ("fresh", pa.bool_()),
        ]
    )
    with pq.ParquetWriter(path, schema) as writer:
        for rows in _batches(sightings):
            columns = [
                [record for record, *_ in rows],
                [json.dumps(facts) for _, facts, *_ in rows],
                [workers.NO_FIRM if firm is None else firm for _, _, firm, _ in rows],
                [fresh for *_, fresh in rows],
            ]
            writer.write_table(pa.Table.from_arrays(list(map(pa.array, columns)), schema=schema))


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    some: list[Any] = []
    for row in rows:
        some.append(row)
        if len(some) >= _ROWS:
            yield some
            some = []
    if some:
        yield some


def place_on_spark(
    spark: "SparkSession", sightings: "DataFrame", said: Said = NOTHING_SAID
) -> Placed:
    """Decide where the fresh ones of `sightings` belong (`workers.SIGHTINGS`); see `placing.place`."""
    prints = sightings.mapInPandas(workers.take_prints, workers.PRINTS).persist()
    keys = prints.mapInPandas(workers.list_keys, workers.KEYS).persist()
    words = prints.mapInPandas(workers.list_words, workers.WORDS).distinct().persist()
    around = Surroundings(_count_words(words), _count_crowds(prints, keys))
    members = _collect(prints.select("record_id", "firm_id", "fresh"))
    if members.empty:
        return Placed(Plan((), (), ()), frozenset(), keys, words)
    leaving = _find_leaving(prints, members, around, said)
    if leaving:
        # What leaves is looked at anew, as if it had never been at home.
        left = [one.record_id for one in leaving]
        members.loc[members["record_id"].isin(left), "firm_id"] = workers.NO_FIRM
        keys = _let_go(keys, left)
    links = _judge(spark, prints, keys, around).persist()
    joining = _collect(links.where(links["verdict"] == Verdict.SAME.value).select("a", "b"))
    component = _find_components(members, joining, said)
    heads = _cluster(spark, members.assign(component=component), links, said)
    fresh = frozenset(members.loc[members["fresh"], "record_id"].tolist())
    home = members[members["firm_id"] != workers.NO_FIRM]
    placements = make_placements(
        _clusters(members["record_id"], heads),
        dict(zip(home["record_id"].tolist(), home["firm_id"].tolist(), strict=True)),
        {
            record: pickle.loads(link)  # noqa: S301
            for record, link in zip(heads["record_id"].tolist(), heads["link"], strict=True)
            if link is not None
        },
        fresh,
        said,
    )
    doubtful = _find_doubtful(spark, links, heads, fresh)
    return Placed(Plan(tuple(placements), tuple(leaving), doubtful), fresh, keys, words)


def _count_words(words: "DataFrame") -> Rarity:
    names = words.select("name").distinct().count()
    spread = words.groupBy("word").count()
    frequent = _collect(spread.where(spread["count"] > _NO_CROWD))
    return Rarity(names, dict(zip(frequent["word"], frequent["count"].tolist(), strict=True)))


def _count_crowds(prints: "DataFrame", keys: "DataFrame") -> dict[str, int]:
    counted = _by_key(keys).mapInPandas(workers.count_crowds, workers.CROWDS)
    crowded = _collect(counted.where(counted["firms"] > _NO_CROWD))
    crowd = dict(zip(crowded["key"], crowded["firms"].tolist(), strict=True))
    outlets = {key: firms for key, firms in crowd.items() if key[0] == "o"}
    if outlets:
        brands = prints.mapInPandas(workers.list_brand_names(outlets), workers.CROWDS)
        crowd |= dict.fromkeys(_collect(brands.select("key").distinct())["key"], 1)
    return crowd


def _collect(frame: "DataFrame") -> pd.DataFrame:
    found: Any = frame.toPandas()
    return pd.DataFrame(found)


def _by_key(keys: "DataFrame") -> "DataFrame":
    return keys.repartition("key").sortWithinPartitions("key")


def _find_leaving(
    prints: "DataFrame", members: pd.DataFrame, around: Surroundings, said: Said
) -> list[Leaving]:
    changed = members["fresh"] & (members["firm_id"] != workers.NO_FIRM)
    firms = members.loc[changed, "firm_id"].unique().tolist()
    if not firms:
        return []
    there = _collect(prints.where(prints["firm_id"].isin(firms)))
    firm_of = dict(zip(there["record_id"].tolist(), there["firm_id"].tolist(), strict=True))
    new: dict[int, Fingerprint] = {}
    old: dict[int, Fingerprint] = {}
    for row in there.itertuples():
        of = new if row.fresh else old
        of[int(row.record_id)] = pickle.loads(row.print)  # noqa: S301
    return find_leaving(new, old, firm_of, around, said)


def _let_go(keys: "DataFrame", left: list[int]) -> "DataFrame":
    from pyspark.sql.functions import lit, when

    gone = keys["record_id"].isin(left)
    return keys.withColumn(
        "firm_id", when(gone, lit(workers.NO_FIRM)).otherwise(keys["firm_id"])
    ).select("key", "record_id", "firm_id", "print")


def _judge(
    spark: "SparkSession", prints: "DataFrame", keys: "DataFrame", around: Surroundings
) -> "DataFrame":
    pairs = _by_key(keys).mapInPandas(workers.find_pairs, workers.PAIRS).distinct()
    one = prints.select(prints["record_id"].alias("a"), prints["print"].alias("print_a"))
    other = prints.select(prints["record_id"].alias("b"), prints["print"].alias("print_b"))
    both = pairs.join(one, "a").join(other, "b").select("a", "b", "print_a", "print_b")
    told = spark.sparkContext.broadcast(around)
    return both.mapInPandas(workers.judge(told), workers.LINKS)


def _find_components(members: pd.DataFrame, joining: pd.DataFrame, said: Said) -> Any:
    """Return by member the component of what may hang together: by links at fresh ones, firms, and words."""
    record = members["record_id"].to_numpy(np.int64)
    fresh = members["fresh"].to_numpy(bool)
    firm = members["firm_id"].to_numpy(np.int64)
    order = np.argsort(record)

    def rows_of(ids: Any) -> Any:
        at = np.minimum(np.searchsorted(record, ids, sorter=order), max(len(record) - 1, 0))
        return order[at]

    a, b = rows_of(joining["a"].to_numpy(np.int64)), rows_of(joining["b"].to_numpy(np.int64))
    joins = fresh[a] | fresh[b]
    homes = np.flatnonzero(firm != workers.NO_FIRM)
    homes = homes[np.argsort(firm[homes], kind="stable")]
    one_firm = firm[homes[1:]] == firm[homes[:-1]]
    told = np.array(list(said), np.int64).reshape(-1, 2)
    told_rows = rows_of(told)
    told_rows = told_rows[(record[told_rows] == told).all(axis=1)]
    ends = np.concatenate([a[joins], homes[:-1][one_firm], told_rows[:, 0]])
    others = np.concatenate([b[joins], homes[1:][one_firm], told_rows[:, 1]])
    size = len(record)
    graph = coo_matrix((np.ones(len(ends), bool), (ends, others)), shape=(size, size))
    return connected_components(graph, directed=False)[1]


def _cluster(
    spark: "SparkSession", members: pd.DataFrame, links: "DataFrame", said: Said
) -> pd.DataFrame:
    """Return who leads each sighting's cluster, for those that are not alone (`workers.HEADS`)."""
    together = members[members["component"].duplicated(keep=False)]
    schema = "record_id long, firm_id long, fresh boolean, component long"
    known = spark.createDataFrame(together, schema).persist()
    place = known.select("record_id", "component")
    of_a = place.withColumnRenamed("record_id", "a")
    of_b = place.withColumnRenamed("record_id", "b").withColumnRenamed("component", "component_b")
    inside = links.join(of_a, "a").join(of_b, "b")
    inside = inside.where(inside["component"] == inside["component_b"])
    alone = f"component, record_id as a, {workers.NOBODY}L as b, firm_id, fresh, binary(null) as decision"
    linked = f"component, a, b, {workers.NO_FIRM}L as firm_id, false as fresh, decision"
    known.createOrReplaceTempView("known_members")
    inside.createOrReplaceTempView("inner_links")
    rows = spark.sql(
        f"select {alone} from known_members union all select {linked} from inner_links"  # noqa: S608
    )
    in_order = rows.repartition("component").sortWithinPartitions("component")
    return _collect(in_order.mapInPandas(workers.cluster_components(said), workers.HEADS))


def _clusters(records: "pd.Series[int]", heads: pd.DataFrame) -> list[list[int]]:
    head = dict(zip(heads["record_id"].tolist(), heads["head"].tolist(), strict=True))
    found: dict[int, list[int]] = {}
    for record in sorted(records.tolist()):
        found.setdefault(head.get(record, record), []).append(record)
    return sorted(found.values())


def _find_doubtful(
    spark: "SparkSession", links: "DataFrame", heads: pd.DataFrame, fresh: frozenset[int]
) -> tuple[Link, ...]:
    """Return the likeliest pairs of different clusters that a person should look at."""
    near = links.where(links["verdict"] != Verdict.DIFFERENT.value)
    led = spark.createDataFrame(heads[["record_id", "head"]], "record_id long, head long")
    near.createOrReplaceTempView("near_links")
    led.createOrReplaceTempView("heads")
    apart = _collect(
        spark.sql(
            "select l.a, l.b, l.decision from near_links l"
            " left join heads x on x.record_id = l.a left join heads y on y.record_id = l.b"
            " where coalesce(x.head, l.a) != coalesce(y.head, l.b)"
            " order by l.score desc, l.a, l.b"
        ).limit(MOST_DOUBTFUL)
    )
    return tuple(
        Link(int(row.a), int(row.b), pickle.loads(row.decision))  # noqa: S301
        for row in apart.itertuples()
        if row.a in fresh or row.b in fresh
    )
