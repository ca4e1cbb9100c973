"""One firm's conversation with the CRM: its company, then its contacts, then its activities."""

from dataclasses import dataclass

from recruit.crm.port import (
    Capabilities,
    CrmConflict,
    CrmOutcomeUnknown,
    CrmRefused,
    CrmUnavailable,
)
from recruit.crm.values import CrmMapping
from recruit.db.outbox import OutboxStatus
from recruit.logs import get_logger
from recruit.sync.claims import Settlement
from recruit.sync.converse import SeveralFit, Step, Told, tell
from recruit.sync.prepare import Work, deleted_there
from recruit.sync.talk import Talk
from recruit.sync.values import Choice, DesiredRecord, QuestionStatus

_log = get_logger("sync.conversation")


@dataclass(frozen=True)
class Failure:
    """A record that could not be told, or whose answer was lost."""

    record: DesiredRecord
    status: OutboxStatus
    error_class: str
    text: str
    retry_after_s: float | None = None
    several: SeveralFit | None = None


@dataclass(frozen=True)
class Conversation:
    """What was answered, record by record, and what becomes of the firm's outbox rows."""

    told: tuple[tuple[DesiredRecord, Told], ...]
    failures: tuple[Failure, ...]
    settlement: Settlement
    stopped: str = ""


def converse(
    capabilities: Capabilities, mapping: CrmMapping, work: Work, *, look: bool
) -> Talk[Conversation]:
    """Tell the CRM all of a firm that it doesn't know yet.

    A record that is refused doesn't keep the others from being told, unless they refer to it. When
    the CRM can't be asked at all, `stopped` says why, and nobody should be told of next.
    """
    crm_ids = {key: link.crm_id for key, link in work.links.items() if not link.deleted_there}
    told: list[tuple[DesiredRecord, Told]] = []
    failures: list[Failure] = []
    for record in work.desired.records:
        try:
            answer = yield from tell(
                capabilities,
                mapping.objects[record.kind],
                record,
                work.links.get(record.key),
                crm_ids,
                look=look,
                choice=work.choices.get(record.key, Choice(QuestionStatus.WAITING)),
            )
        except CrmUnavailable as error:
            failure = Failure(
                record, OutboxStatus.PENDING, error.kind, error.text, error.retry_after_s
            )
            return Conversation(
                tuple(told), (*failures, failure), _settlement([failure]), stopped=error.text
            )
        except SeveralFit as error:
            failure = Failure(record, OutboxStatus.DEAD, error.kind, error.text, several=error)
        except (CrmRefused, CrmConflict, CrmOutcomeUnknown) as error:
            failure = _failure(record, error)
        except Exception as error:
            # An adapter's own fault stops at this firm, visibly; the others are told of.
            _log.exception("conversation failed", external_id=record.external_id)
            failure = Failure(record, OutboxStatus.DEAD, "internal", repr(error))
        else:
            told.append((record, answer))
            seen = answer.returned or answer.proposal.seen
            if seen is not None:
                crm_ids[record.key] = seen.id
            if answer.proposal.step is Step.DELETED_THERE and record.kind == "company":
                return Conversation(tuple(told), (), deleted_there())
            continue
        failures.append(failure)
        if record.kind == "company" or (
            record.kind == "contact"
            and (failure.status is OutboxStatus.UNKNOWN or failure.several is not None)
        ):
            break
    return Conversation(tuple(told), tuple(failures), _settlement(failures))


def _failure(record: DesiredRecord, error: CrmRefused | CrmConflict | CrmOutcomeUnknown) -> Failure:
    match error:
        case CrmRefused():
            return Failure(record, OutboxStatus.DEAD, error.kind, error.text)
        case CrmConflict():
            return Failure(record, OutboxStatus.PENDING, "conflict", error.text)
        case CrmOutcomeUnknown():
            return Failure(record, OutboxStatus.UNKNOWN, "answer_lost", error.text)


def _settlement(failures: list[Failure]) -> Settlement:
    # What can still come right by itself is tried again; only then does a refusal stand.
    for status in (OutboxStatus.UNKNOWN, OutboxStatus.PENDING, OutboxStatus.DEAD):
        for failure in failures:
            if failure.status is status:
                return Settlement(
                    status,
                    failure.error_class,
                    f"{failure.record.kind} {failure.record.external_id}: {failure.text}",
                    failure.retry_after_s,
                )
    return Settlement(OutboxStatus.ACKNOWLEDGED)
