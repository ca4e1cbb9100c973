"""What Spark's machines do: each function takes batches of rows and yields batches of rows.

The decisions are those of `blocking`, `matching` and `clustering`, called here block by block, pair by pair
and group by group. Fingerprints and decisions travel as pickles: only this run reads them.
"""

import json
import pickle
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

import pandas as pd

from recruit.firms.blocking import block_keys, candidate_pairs, count_crowd, is_of_brand
from recruit.firms.clustering import Link, Said, cluster
from recruit.firms.evidence import Surroundings
from recruit.firms.fingerprint import Fingerprint, take_fingerprint
from recruit.firms.matching import decide
from recruit.firms.placing import link_strength
from recruit.sourcing.values import Fact

Batches = Iterator[pd.DataFrame]

# The columns of what each function yields, as Spark writes schemas. -1 is no firm.
SIGHTINGS = "record_id long, facts string, firm_id long, fresh boolean"
PRINTS = "record_id long, firm_id long, fresh boolean, print binary"
KEYS = "key string, record_id long, firm_id long, print binary"
CROWDS = "key string, firms long"
WORDS = "name string, word string"
PAIRS = "a long, b long"
LINKS = "a long, b long, verdict string, score double, decision binary"
MEMBERS = "component long, a long, b long, firm_id long, fresh boolean, decision binary"
HEADS = "record_id long, head long, link binary"
# Rows yielded at once.
_BATCH = 2000
NO_FIRM = -1
NOBODY = -1


def take_prints(batches: Batches) -> Batches:
    """Read the facts of `SIGHTINGS` into `PRINTS`; a sighting that names no firm has no row."""

    def rows() -> Iterator[tuple[Any, ...]]:
        for record_id, facts, firm_id, fresh in _rows(batches):
            found = take_fingerprint(record_id, map(Fact.from_json, json.loads(facts)))
            if found:
                yield record_id, firm_id, fresh, pickle.dumps(found)

    return _framed(rows(), PRINTS)


def list_keys(batches: Batches) -> Batches:
    """Yield `PRINTS` once under each of their blocking keys, as `KEYS`."""
    return _framed(
        (
            (key, record_id, firm_id, pickled)
            for record_id, firm_id, _, pickled in _rows(batches)
            for key in sorted(block_keys(pickle.loads(pickled)))  # noqa: S301
        ),
        KEYS,
    )


def list_words(batches: Batches) -> Batches:
    """Yield the words of each name of `PRINTS`, with the name's key."""

    def rows() -> Iterator[tuple[Any, ...]]:
        for *_, pickled in _rows(batches):
            name = _fingerprint(pickled).name
            for word in {word.form for word in name.words}:
                yield name.key, word

    return _framed(rows(), WORDS)


def count_crowds(batches: Batches) -> Batches:
    """Count for `KEYS` in order of keys how many firms seem to share each, where they are several."""
    return _framed(
        (
            (name, firms)
            for key, members in _blocks(batches)
            for name, firms in count_crowd({key: [f for f, _ in members]}).items()
            if firms > 1
        ),
        CROWDS,
    )


def list_brand_names(outlets: dict[str, int]) -> Callable[[Batches], Batches]:
    """Return what yields the crowd keys (`b:`) of the names of brands; `outlets` are the crowds under `o:`."""

    def work(batches: Batches) -> Batches:
        return _framed(
            (
                (f"b:{key[2:]}", 1)
                for *_, pickled in _rows(batches)
                if is_of_brand(one := _fingerprint(pickled), outlets)
                for key in block_keys(one)
                if key[0] == "n"
            ),
            CROWDS,
        )

    return work


def find_pairs(batches: Batches) -> Batches:
    """Yield the pairs worth comparing under each key, of `KEYS` in order of keys."""

    def rows() -> Iterator[tuple[Any, ...]]:
        for key, members in _blocks(batches):
            home = {f.record_id: firm for f, firm in members if firm != NO_FIRM}
            for a, b in candidate_pairs({key: [f for f, _ in members]}, home):
                yield a.record_id, b.record_id

    return _framed(rows(), PAIRS)


def judge(around: Any) -> Callable[[Batches], Batches]:
    """Return what decides pairs of fingerprints (a, b, print of a, print of b); `around` is broadcast."""

    def work(batches: Batches) -> Batches:
        known: Surroundings = around.value

        def rows() -> Iterator[tuple[Any, ...]]:
            for a, b, one, other in _rows(batches):
                made = decide(_fingerprint(one), _fingerprint(other), known)
                yield a, b, made.verdict.value, made.score, pickle.dumps(made)

        return _framed(rows(), LINKS)

    return work


def cluster_components(said: Said) -> Callable[[Batches], Batches]:
    """Return what clusters each component of `MEMBERS` in order: who leads each sighting's firm to be.

    A row with a `b` is a link, one without is the sighting `a`. Each sighting comes with its strongest
    link into its own cluster, a pickle, where it has one.
    """
    told: dict[int, dict[tuple[int, int], bool]] = {}
    for pair, same in said.items():
        for one in pair:
            told.setdefault(one, {})[pair] = same

    def work(batches: Batches) -> Batches:
        return _framed(
            chain.from_iterable(
                _cluster(list(rows), told) for _, rows in groupby(_rows(batches), itemgetter(0))
            ),
            HEADS,
        )

    return work


def _cluster(
    rows: list[tuple[Any, ...]], told: dict[int, dict[tuple[int, int], bool]]
) -> Iterator[tuple[Any, ...]]:
    links, fresh = [], set()
    homes: dict[int, list[int]] = {}
    heard: dict[tuple[int, int], bool] = {}
    for _, a, b, firm_id, is_fresh, pickled in rows:
        if b != NOBODY:
            links.append(Link(a, b, pickle.loads(pickled)))  # noqa: S301
            continue
        homes.setdefault(firm_id if firm_id != NO_FIRM else -2 - a, []).append(a)
        heard |= told.get(a, {})
        if is_fresh:
            fresh.add(a)
    clusters = cluster(homes.values(), links, fresh=frozenset(fresh), said=heard)
    head = {record: members[0] for members in clusters for record in members}
    best: dict[int, Link] = {}
    for link in links:
        if head[link.a] != head[link.b]:
            continue
        for end in (link.a, link.b):
            if end not in best or link_strength(link) > link_strength(best[end]):
                best[end] = link
    for record, leading in head.items():
        yield record, leading, pickle.dumps(best[record]) if record in best else None


def _rows(batches: Batches) -> Iterator[tuple[Any, ...]]:
    return chain.from_iterable(batch.itertuples(index=False, name=None) for batch in batches)


def _blocks(batches: Batches) -> Iterator[tuple[str, list[tuple[Fingerprint, int]]]]:
    """Yield the keys that several stand under, with their fingerprints and firms; they come in order."""
    for key, rows in groupby(_rows(batches), itemgetter(0)):
        members = list(rows)
        if len(members) > 1:
            yield key, [(_fingerprint(pickled), firm_id) for *_, firm_id, pickled in members]


def _fingerprint(pickled: bytes) -> Fingerprint:
    found: Fingerprint = pickle.loads(pickled)  # noqa: S301
    return found


def _framed(rows: Iterable[tuple[Any, ...]], schema: str) -> Batches:
    columns = [column.split()[0] for column in schema.split(", ")]
    some: list[tuple[Any, ...]] = []
    for row in rows:
        some.append(row)
        if len(some) >= _BATCH:
            yield pd.DataFrame(some, columns=columns)
            some = []
    yield pd.DataFrame(some, columns=columns)
