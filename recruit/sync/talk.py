"""Conversations that wait for answers, and who asks the CRM for them: one by one, or many at once.

A conversation is a generator: it yields what it asks, and is sent the answer or thrown the error.
So the same decisions serve one firm, a dry run and a thousand firms, whose like questions are put
together where a CRM takes batches.
"""

from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from recruit.crm.port import BatchingCrm, Crm, CrmError, CrmRecord, CrmUnavailable, TimingCrm
from recruit.crm.values import Value

T = TypeVar("T")


@dataclass(frozen=True)
class Get:
    """Ask for a live record by the CRM's id; answered with it or None."""

    crm_object: str
    crm_id: str


@dataclass(frozen=True)
class Find:
    """Ask for the live records whose field has this value; answered with a list."""

    crm_object: str
    field: str
    value: str


@dataclass(frozen=True)
class Upsert:
    """Write fields to a record, or make it; answered with what is stored then."""

    crm_object: str
    external_id: str
    fields: Mapping[str, Value]
    crm_id: str | None = None
    if_version: str | None = None

    @property
    def by_external_id(self) -> bool:
        """Tell whether nothing but the external id says which record is meant."""
        return self.crm_id is None and self.if_version is None


@dataclass(frozen=True)
class Times:
    """Ask when fields of a record were edited last; answered with {field: moment}."""

    crm_object: str
    crm_id: str
    fields: tuple[str, ...]


Ask = Get | Find | Upsert | Times
Answer = CrmRecord | list[CrmRecord] | dict[str, datetime] | CrmError | None
Talk = Generator[Ask, Any, T]


def hold(crm: Crm, talk: Talk[T]) -> T:
    """Hold one conversation to its end; raises what it raises."""
    try:
        ask = next(talk)
        while True:
            try:
                answer = _answer(crm, ask)
            except Exception as error:
                ask = talk.throw(error)
            else:
                ask = talk.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result


def hold_many(crm: Crm, talks: Sequence[Talk[T]]) -> list[T]:
    """Hold conversations side by side, in batches where the CRM takes them; in the order given.

    When the CRM can't be asked at all, every conversation that isn't over is told so.
    """
    if not isinstance(crm, BatchingCrm):
        return [hold(crm, talk) for talk in talks]
    results: dict[int, T] = {}
    asks: dict[int, Ask] = {}

    def go_on(at: int, answer: Answer | Exception) -> None:
        talk = talks[at]
        try:
            ask = talk.throw(answer) if isinstance(answer, Exception) else talk.send(answer)
        except StopIteration as end:
            asks.pop(at, None)
            results[at] = end.value
        else:
            asks[at] = ask

    for at in range(len(talks)):
        go_on(at, None)
    while asks:
        for at, answer in _answer_some(crm, asks).items():
            if at not in asks:
                continue
            if isinstance(answer, CrmUnavailable):
                for other in list(asks):
                    go_on(other, answer)
            else:
                go_on(at, answer)
    return [results[at] for at in range(len(talks))]


def _answer(crm: Crm, ask: Ask) -> Answer:
    match ask:
        case Get():
            return crm.get(ask.crm_object, ask.crm_id)
        case Find():
            return crm.find(ask.crm_object, ask.field, ask.value)
        case Times():
            if isinstance(crm, TimingCrm):
                return crm.edited_at(ask.crm_object, ask.crm_id, ask.fields)
            return {}
        case Upsert():
            return crm.upsert(
                ask.crm_object,
                ask.external_id,
                ask.fields,
                crm_id=ask.crm_id,
                if_version=ask.if_version,
            )


def _answer_some(crm: BatchingCrm, asks: Mapping[int, Ask]) -> dict[int, Answer | Exception]:
    """Answer as many of the open questions as go together, writes first.

    What is looked for may be what another is about to write, so nobody looks while a write waits,
    and of two who look for the same the second waits for what the first makes of it.
    """
    writes = {at: ask for at, ask in asks.items() if isinstance(ask, Upsert)}
    together = {at: ask for at, ask in writes.items() if ask.by_external_id}
    if together:
        return _write_together(crm, together)
    if not writes:
        looks = {at: ask for at, ask in asks.items() if isinstance(ask, Find)}
        if looks:
            return _look_together(crm, looks)
    at, ask = next(iter((writes or asks).items()))
    try:
        return {at: _answer(crm, ask)}
    except Exception as error:
        return {at: error}


def _write_together(
    crm: BatchingCrm, writes: Mapping[int, Upsert]
) -> dict[int, Answer | Exception]:
    by_object: dict[str, dict[str, int]] = defaultdict(dict)
    for at, ask in writes.items():
        by_object[ask.crm_object].setdefault(ask.external_id, at)
    crm_object, places = next(iter(by_object.items()))
    chosen = list(places.items())[: crm.capabilities.batch_size]
    try:
        results = crm.upsert_many(
            crm_object, [(external_id, writes[at].fields) for external_id, at in chosen]
        )
    except Exception as error:
        return dict.fromkeys((at for _, at in chosen), error)
    return {at: result for (_, at), result in zip(chosen, results, strict=True)}


def _look_together(crm: BatchingCrm, looks: Mapping[int, Find]) -> dict[int, Answer | Exception]:
    by_field: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for at, ask in looks.items():
        by_field[ask.crm_object, ask.field].setdefault(ask.value, at)
    (crm_object, field), places = next(iter(by_field.items()))
    chosen = dict(list(places.items())[: crm.capabilities.batch_size])
    try:
        found = crm.find_many(crm_object, field, list(chosen))
    except Exception as error:
        return dict.fromkeys(chosen.values(), error)
    return {at: found.get(value, []) for value, at in chosen.items()}
