"""One firm that a program tells of: a sighting of the source "api", which resolution reads with the rest."""

from collections.abc import Mapping
from hashlib import sha256

from recruit.db.transaction import Transaction
from recruit.sourcing import store
from recruit.sourcing.facts import Origin, Unreadable, read_facts
from recruit.sourcing.text import storable
from recruit.sourcing.usecases import (
    claim_job,
    define_file_source,
    finish_job,
    open_job,
    record_sightings,
)
from recruit.sourcing.values import Fact, FieldName, JobKind, JobStatus, Sighting

SOURCE = "api"
_TRUST, _CONFIDENCE = 0.6, 0.8


class TellingRefused(ValueError):
    """Something that was told can't be read; `problems` holds a sentence by field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Keep the sentences."""
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


def tell_of_firm(
    tx: Transaction, *, told: Mapping[FieldName, str], reference: str, actor: str
) -> int:
    """Record what a program tells of a firm, and return the sighting's id.

    `reference` is the program's own name for the firm: the same one again renews the sighting. Without
    one it is made of name and website. Raises `TellingRefused`, and `SourceIsOther` where the source's
    name belongs to a crawl.
    """
    facts: list[Fact] = []
    problems: dict[str, str] = {}
    country = told.get(FieldName.COUNTRY)
    for field, text in told.items():
        try:
            facts += read_facts(
                field,
                text,
                Origin("form", _CONFIDENCE),
                today=tx.now.date(),
                country=country if field is FieldName.PHONE else None,
            )
        except Unreadable as error:
            problems[field.value] = str(error)
    if not problems and not any(fact.field is FieldName.NAME for fact in facts):
        problems["name"] = "A firm needs a name."
    if problems:
        raise TellingRefused(problems)
    source = define_file_source(
        tx,
        name=SOURCE,
        mapping=None,
        about={"title": "Programs (API)", "trust": _TRUST},
    )
    record_id = storable(reference) or _own_name(told)
    website = next((str(f.value) for f in facts if f.field is FieldName.WEBSITE), None)
    job = open_job(tx, source_id=source.id, kind=JobKind.IMPORT)
    claim_job(tx, job_id=job.id, runner=actor)
    record_sightings(
        tx, job_id=job.id, sightings=[Sighting(record_id, website, tuple(facts))], read=1
    )
    finish_job(tx, job_id=job.id, status=JobStatus.DONE, message=actor)
    tx.session.flush()
    return next(iter(store.find_records(tx, source.id, [record_id]).values())).id


def find_api_source_id(tx: Transaction) -> int | None:
    """Return the id of the source that programs tell; None before the first has told."""
    source = store.find_source(tx, SOURCE)
    return source.id if source else None


def _own_name(told: Mapping[FieldName, str]) -> str:
    parts = [told.get(field, "").strip().lower() for field in (FieldName.NAME, FieldName.WEBSITE)]
    return sha256("\n".join(parts).encode()).hexdigest()[:32]
