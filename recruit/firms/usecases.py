"""What a person or a schedule can ask of resolution: place new sightings, and hand out what came of it."""

from collections.abc import Iterator
from typing import Any

from recruit.db.transaction import Transaction
from recruit.firms import name_words
from recruit.firms import sightings as queries
from recruit.firms.blocking import block_keys, list_own_words
from recruit.firms.bulk.sheet import no_search_for_cycles
from recruit.firms.bulk.writing import report, resolve_in_bulk
from recruit.firms.clustering import Said
from recruit.firms.fingerprint import Fingerprint, take_fingerprint
from recruit.firms.placing import Plan, place
from recruit.firms.rarity import Rarity
from recruit.firms.settling import settle
from recruit.firms.sightings import SeenSighting
from recruit.firms.spark.session import SparkMissing, SparkPlace
from recruit.firms.store import list_firms, list_members
from recruit.firms.values import ResolutionReport
from recruit.firms.verdicts import load_said
from recruit.firms.writing import Writer
from recruit.people.values import SYSTEM

__all__ = ["SparkMissing", "SparkPlace"]

# From so many new sightings on, if they are this share of all, columns are faster than looking each
# one's neighbours up.
FEWEST_IN_BULK = 20_000
LEAST_SHARE_IN_BULK = 0.1


def resolve_firms(
    tx: Transaction, *, actor: str = SYSTEM.name, spark: SparkPlace | None = None
) -> ResolutionReport:
    """Place every sighting that is new or has changed, and decide the fields of the firms it touches.

    Firms keep their ids. A second run with nothing new changes nothing and announces nothing. With
    `spark` the comparing is done there, by the same rules; raises `SparkMissing`.
    """
    with no_search_for_cycles():
        return _resolve(tx, actor, spark)


def _resolve(tx: Transaction, actor: str, spark: SparkPlace | None) -> ResolutionReport:
    queries.wait_for_other_runs(tx)
    since = queries.list_jobs_since_last_run(tx)
    queries.mark_run(tx)
    unseen = queries.count_unseen_sightings(tx, since)
    if unseen and spark:
        # It needs pandas, which everything else starts sooner without.
        from recruit.firms.spark.writing import resolve_on_spark

        return resolve_on_spark(tx, actor, spark)
    if unseen >= FEWEST_IN_BULK and unseen >= LEAST_SHARE_IN_BULK * queries.count_sightings(tx):
        return resolve_in_bulk(tx, actor)
    seen = {s.id: s for s in queries.list_unseen_sightings(tx, since)} if unseen else {}
    fresh = _fingerprints(seen)
    said = load_said(tx) if fresh else {}
    plan = _plan(tx, fresh, seen, said) if fresh else Plan((), (), ())
    # A changed sighting that no longer names its firm stays where it is.
    placed = {r: s for r, s in seen.items() if r in fresh or s.firm_id is not None}
    writer = Writer(tx, actor, since=since)
    writer.apply(plan, placed)
    written = writer.finish()
    settle(tx, fresh, plan, actor)
    return report(tx, written, len(fresh), len(plan.doubtful), len(seen) - len(placed))


def _fingerprints(sightings: dict[int, SeenSighting]) -> dict[int, Fingerprint]:
    taken = (take_fingerprint(s.id, s.facts) for s in sightings.values())
    return {fingerprint.record_id: fingerprint for fingerprint in taken if fingerprint}


def _plan(
    tx: Transaction, fresh: dict[int, Fingerprint], seen: dict[int, SeenSighting], said: Said
) -> Plan:
    keys = {record: block_keys(fingerprint) for record, fingerprint in fresh.items()}
    words_under: dict[str, set[str]] = {}
    for record, of_record in keys.items():
        own = list_own_words(fresh[record])
        for key in of_record:
            words_under.setdefault(key, set()).update(own)
    near, crowd = queries.list_firms_near(tx, words_under)
    near.update(s.firm_id for s in seen.values() if s.firm_id is not None)
    # Whom a person called the same is looked at, however unlike the two are.
    told = {one for pair in said if not fresh.keys().isdisjoint(pair) for one in pair}
    near.update(s.firm_id for s in queries.list_sightings(tx, told) if s.firm_id is not None)
    neighbours = {s.id: s for s in queries.list_sightings_of_firms(tx, near) if s.id not in seen}
    known = _fingerprints(neighbours)
    changed = [record for record in fresh if seen[record].firm_id is not None]
    queries.replace_keys(tx, keys, changed)
    names = {f.name.key: [word.form for word in f.name.words] for f in fresh.values()}
    name_words.add_name_words(tx, names)
    words = {w.form for f in (*fresh.values(), *known.values()) for w in f.name.words}
    rarity = Rarity(name_words.count_names(tx), name_words.count_words(tx, words))
    firm_of = {
        record: sighting.firm_id
        for record, sighting in (neighbours | seen).items()
        if sighting.firm_id is not None and (record in known or record in fresh)
    }
    return place(fresh, known, firm_of, rarity, crowd, said)


FIRM_COLUMNS = (
    "firm_id",
    "name",
    "legal_form",
    "website",
    "domain",
    "street",
    "postcode",
    "city",
    "region",
    "country",
    "latitude",
    "longitude",
    "phone",
    "employees_low",
    "employees_high",
    "founded_low",
    "founded_high",
    "revenue_low",
    "revenue_high",
    "specialties",
    "certifications",
    "partnerships",
    "inferred",
)
MEMBER_COLUMNS = ("firm_id", "source", "source_record_id")


def export_firms(tx: Transaction) -> Iterator[dict[str, Any]]:
    """Yield every firm as a flat row of `FIRM_COLUMNS`, in the order of ids; lists joined by `; `."""
    last = 0
    while firms := list_firms(tx, after_id=last):
        for firm in firms:
            row = {c: getattr(firm, c) for c in FIRM_COLUMNS if c not in {"firm_id", "inferred"}}
            lists = {
                name: "; ".join(value) for name, value in row.items() if isinstance(value, list)
            }
            inferred = sorted(
                field
                for field, entry in firm.provenance.items()
                if isinstance(entry, dict) and entry.get("inferred")
            )
            yield {"firm_id": firm.id, **row, **lists, "inferred": "; ".join(inferred)}
        last = firms[-1].id


def export_members(tx: Transaction) -> Iterator[dict[str, Any]]:
    """Yield every placed sighting as a row of `MEMBER_COLUMNS`, in their order and the sightings'."""
    last = 0
    while rows := list_members(tx, after_record_id=last):
        for firm_id, source, record_id, _ in rows:
            yield {"firm_id": firm_id, "source": source, "source_record_id": record_id}
        last = rows[-1][3]
