"""The programs that are published: what firms apply for, and what an accepted one gets."""

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.onboarding import published
from recruit.onboarding.definitions import ContentError, definition_json
from recruit.onboarding.joining_tables import Program
from recruit.onboarding.program import ProgramDefinition, parse_program


class UnknownProgram(LookupError):
    """No program has this key, or it takes no applications."""


def find_program(tx: Transaction, key: str) -> ProgramDefinition | None:
    """Return a published program."""
    row = tx.session.scalar(select(Program).where(Program.key == key))
    return parse_program(row.definition, file="stored program") if row else None


def get_program(tx: Transaction, key: str, *, open_only: bool = False) -> ProgramDefinition:
    """Return a published program, if asked one that takes applications; raises `UnknownProgram`."""
    found = find_program(tx, key)
    if found is None or (open_only and not found.open):
        raise UnknownProgram(f"There is no program {key!r} to apply for.")
    return found


def list_programs(tx: Transaction) -> list[ProgramDefinition]:
    """Return all published programs."""
    rows = tx.session.scalars(select(Program).order_by(Program.id))
    return [parse_program(row.definition, file="stored program") for row in rows]


def publish_program(
    tx: Transaction, *, definition: ProgramDefinition, file: str = "program"
) -> None:
    """Publish a program, or replace the one with its key; raises `ContentError` for what isn't published."""
    if published.find_track(tx, definition.track) is None:
        raise ContentError(
            f"{file}: track: The track {definition.track!r} is not published. Publish it first."
        )
    for rule in definition.agreements:
        if published.find_agreement(tx, rule.name) is None:
            raise ContentError(
                f"{file}: agreements: The agreement {rule.name!r} is not published. "
                f"Write it into agreement-{rule.name}.md."
            )
        for commitment in rule.commitments:
            if commitment.course and published.find_course(tx, commitment.course) is None:
                raise ContentError(
                    f"{file}: agreements.{rule.name}: The course {commitment.course!r} is not "
                    "published. Publish it first."
                )
    row = tx.session.scalar(select(Program).where(Program.key == definition.key))
    data = definition_json(definition)
    if row is None:
        tx.session.add(Program(key=definition.key, definition=data, published_at=tx.now))
    elif row.definition != data:
        row.definition, row.published_at = data, tx.now
    tx.session.flush()
