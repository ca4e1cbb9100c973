"""Reading a sequence's definition, with errors that name the place and the remedy. Pure but for `load`."""

import re
import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any

from recruit.sequences.checked_table import CheckedTable, DefinitionError
from recruit.sequences.conditions import read_condition
from recruit.sequences.definition import (
    DAYS,
    END,
    Compliance,
    Rules,
    SequenceDefinition,
    Step,
    Variant,
    Window,
)
from recruit.sequences.rendering import TemplateError, check_template
from recruit.sequences.values import StepKind

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_DEFAULT_GIVE_UP = 5


def load_definition(path: Path) -> dict[str, Any]:
    """Read a TOML file into data that `parse_definition` accepts; raises DefinitionError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DefinitionError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{path} is not valid TOML: {error}.") from error
    return read_toml(text, str(path))


def read_toml(text: str, where: str) -> dict[str, Any]:
    """Read TOML text; `where` names it in errors. Raises DefinitionError."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DefinitionError(f"{where} is not valid TOML: {error}.") from error
    parse_definition(data)
    return data


def parse_definition(data: Mapping[str, Any]) -> SequenceDefinition:
    """Check data as TOML or JSON holds it and return the definition; raises DefinitionError."""
    top = CheckedTable(data, "sequence")
    name = _name(top)
    tables = top.tables("steps")
    if not tables:
        raise DefinitionError("sequence: there are no steps; add a [[steps]] with a kind.")
    definition = SequenceDefinition(
        name=name,
        title=top.text("title", name, most=200),
        mailboxes=_mailboxes(top),
        grace_hours=top.number("grace_hours", 48, least=1, most=24 * 30),
        finish_after_working_days=top.number("finish_after_working_days", 5, least=0, most=90),
        window=_window(top.table("window")),
        rules=_rules(top.table("rules")),
        compliance=_compliance(top.table("compliance")),
        steps=_steps(tables),
    )
    top.done()
    _check_threads(definition, tables)
    return definition


def _name(top: CheckedTable) -> str:
    name = top.text("name", most=100)
    if not _NAME.fullmatch(name):
        raise DefinitionError(
            f"sequence.name {name!r} stands in addresses: use small letters, digits, '-', '_' and '.'."
        )
    return name


def _mailboxes(top: CheckedTable) -> tuple[str, ...]:
    one, several = top.text("mailbox", "", most=254).strip(), top.texts("mailboxes")
    if one and several:
        raise DefinitionError("sequence: give mailbox or mailboxes, not both.")
    return tuple(dict.fromkeys(several or ([one] if one else [])))


def _window(table: CheckedTable) -> Window:
    default = Window()
    days = table.words("days", DAYS)
    window = Window(
        days=frozenset(DAYS.index(day) for day in days),
        opens=table.clock("opens", default.opens),
        closes=table.clock("closes", default.closes),
        spread_minutes=table.number("spread_minutes", default.spread_minutes, least=0, most=600),
        skip_holidays=table.yes("skip_holidays", default.skip_holidays),
    )
    table.done()
    if not window.days:
        raise DefinitionError(f"{table.place}.days: no day is left to send on.")
    if window.opens.tzinfo or window.closes.tzinfo:
        raise DefinitionError(f"{table.place}: times of day are the contact's own, without a zone.")
    minutes = _minutes(window.closes) - _minutes(window.opens)
    if minutes <= 0:
        raise DefinitionError(
            f"{table.place}: closes {window.closes:%H:%M} is not after opens {window.opens:%H:%M}."
        )
    if window.spread_minutes >= minutes:
        raise DefinitionError(
            f"{table.place}.spread_minutes: {window.spread_minutes} is not less than the window's {minutes} minutes."
        )
    return window


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _rules(table: CheckedTable) -> Rules:
    rules = Rules(
        exclusive=table.yes("exclusive", False),
        min_days_since_touch=table.number("min_days_since_touch", 0, least=0, most=365),
        max_contacts_a_firm=table.number("max_contacts_a_firm", 1, least=1, most=10),
        stop_when=tuple(read_condition(item) for item in table.tables("stop_when")),
    )
    table.done()
    return rules


def _compliance(table: CheckedTable) -> Compliance:
    compliance = Compliance(
        countries=tuple(code.upper() for code in table.texts("countries")),
        consent=table.text("consent", "", most=2000).strip(),
        legitimate_interest=table.text("legitimate_interest", "", most=2000).strip(),
        published_addresses=table.yes("published_addresses", False),
        companies_only=table.yes("companies_only", False),
        privacy_url=table.text("privacy_url", "", most=500).strip(),
        reviewed=tuple((code.upper(), words) for code, words in table.pairs("reviewed")),
    )
    table.done()
    for code in (*compliance.countries, *(code for code, _ in compliance.reviewed)):
        if not re.fullmatch("[A-Z]{2}", code):
            raise DefinitionError(f'{table.place}.countries: {code!r} is no code like "DE".')
    if compliance.privacy_url and not re.fullmatch(r"https?://\S+", compliance.privacy_url):
        raise DefinitionError(f"{table.place}.privacy_url is not an http(s) address.")
    return compliance


def _steps(tables: list[CheckedTable]) -> tuple[Step, ...]:
    names: dict[str, int] = {}
    for index, table in enumerate(tables):
        name = table.text("name", "", most=60).strip()
        if name == END or name in names:
            raise DefinitionError(f"{table.place}.name {name!r} is taken; choose another.")
        if name:
            names[name] = index
    return tuple(_step(table, index, names, len(tables)) for index, table in enumerate(tables))


def _step(table: CheckedTable, index: int, names: dict[str, int], count: int) -> Step:
    kind = StepKind(table.choice("kind", [k.value for k in StepKind]))
    is_mail, is_task, is_branch = (
        kind is wanted for wanted in (StepKind.EMAIL, StepKind.TASK, StepKind.BRANCH)
    )
    variants = _variants(table) if is_mail else ()
    texts: dict[str, str] = {"subject": "", "body": ""}
    if is_mail and not variants:
        texts = {"subject": table.text("subject", ""), "body": table.text("body")}
    elif is_task:
        texts = {"subject": table.text("subject"), "body": table.text("body", "")}
    elif variants and (table.has("subject") or table.has("body")):
        raise DefinitionError(
            f"{table.place}: the texts stand in the variants; remove subject and body."
        )

    def target(key: str) -> int | None:
        return _target(table, key, index, names, count)

    step = Step(
        kind=kind,
        name=table.text("name", "").strip(),
        delay_working_days=table.number(
            "delay_working_days", 1 if kind is StepKind.WAIT else 0, least=0, most=250
        ),
        **texts,
        channel=table.text("channel", "", most=60) if is_task else "",
        link=table.text("link", "") if is_task else "",
        variants=variants,
        give_up_after_working_days=(
            table.number("give_up_after_working_days", _DEFAULT_GIVE_UP, least=0, most=250)
            if is_task
            else 0
        ),
        condition=read_condition(table.table("if")) if is_branch else None,
        then=target("then") if is_branch else None,
        otherwise=target("else") if is_branch else None,
        next_step=None if is_branch else target("next"),
    )
    table.done()
    if is_branch and step.then == step.otherwise:
        raise DefinitionError(f"{table.place}: both ways lead to the same step; name then or else.")
    for part in ("subject", "body", "link"):
        _check_text(f"{table.place}.{part}", getattr(step, part))
    return step


def _variants(table: CheckedTable) -> tuple[Variant, ...]:
    found = []
    for item in table.tables("variants", most=5):
        variant = Variant(
            item.text("name", most=40).strip(), item.text("subject", ""), item.text("body")
        )
        item.done()
        _check_text(f"{item.place}.subject", variant.subject)
        _check_text(f"{item.place}.body", variant.body)
        found.append(variant)
    if len(found) == 1:
        raise DefinitionError(
            f"{table.place}.variants: one wording is none to compare; add another."
        )
    if len({v.name for v in found}) < len(found):
        raise DefinitionError(f"{table.place}.variants: two wordings have the same name.")
    return tuple(found)


def _target(
    table: CheckedTable, key: str, index: int, names: dict[str, int], count: int
) -> int | None:
    name = table.text(key, "").strip()
    if not name:
        return None
    if name == END:
        return count
    if name not in names:
        known = ", ".join([*names, END])
        raise DefinitionError(
            f"{table.place}.{key}: no step has the name {name!r}; there are {known}."
        )
    # Only forwards, so that no sequence can run in a circle.
    if names[name] <= index:
        raise DefinitionError(f"{table.place}.{key}: {name!r} does not come later in the sequence.")
    return names[name]


def _check_text(place: str, text: str) -> None:
    try:
        check_template(text)
    except TemplateError as error:
        raise DefinitionError(f"{place}: {error}") from error


def _check_threads(definition: SequenceDefinition, tables: list[CheckedTable]) -> None:
    """The first e-mail has no thread to go on in, and so needs a subject in all its wordings."""
    for step, table in zip(definition.steps, tables, strict=True):
        if step.kind is not StepKind.EMAIL:
            continue
        subjects = [v.subject for v in step.variants] or [step.subject]
        if not all(subject.strip() for subject in subjects):
            raise DefinitionError(
                f"{table.place}.subject: the first e-mail has no thread to go on in; give it a subject."
            )
        return
