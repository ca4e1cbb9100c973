"""Read a mapping from TOML, and refuse what can't work before anything is written.

A file may begin with `extends = "default"` and then say only what differs from the packaged one:
`phone = { policy = "off" }` below `[company.fields]` is enough to leave phones alone.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from recruit.crm.port import FieldShape
from recruit.crm.values import (
    OUR_FIELDS,
    CrmMapping,
    Direction,
    FieldRule,
    Inclusion,
    ObjectMapping,
    Policy,
)

Choice = TypeVar("Choice", bound=StrEnum)
DEFAULT = Path(__file__).parent / "default_mapping.toml"
PACKAGED = Path(__file__).parent / "mappings"


class MappingInvalid(ValueError):
    """A mapping can't work; the message says where and what to write instead."""


def find_mapping(var_dir: Path, crm: str) -> CrmMapping:
    """Return the installation's own mapping, `crm_mapping.toml` in its var folder.

    Else the one packaged for this CRM (its kind, as in RECRUIT_CRM), else the default.
    """
    own, packaged = var_dir / "crm_mapping.toml", PACKAGED / f"{crm}.toml"
    return load_mapping(next((path for path in (own, packaged) if path.exists()), DEFAULT))


def load_mapping(path: Path = DEFAULT) -> CrmMapping:
    """Read a mapping file; raises `MappingInvalid`."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingInvalid(f"{path} is not a readable TOML file: {error}") from error
    try:
        return parse_mapping(data)
    except MappingInvalid as error:
        raise MappingInvalid(f"{path}: {error}") from error


def parse_mapping(data: Mapping[str, Any]) -> CrmMapping:
    """Turn a mapping file's data into rules; raises `MappingInvalid`."""
    if "extends" in data:
        if data["extends"] != "default":
            raise MappingInvalid(
                f'extends = {data["extends"]!r}: only "default" can be built upon.'
            )
        data = _built_upon(tomllib.loads(DEFAULT.read_text(encoding="utf-8")), data)
    _check_names("the mapping", data, {"title", "include", "extends", *OUR_FIELDS})
    missing = [kind for kind in OUR_FIELDS if kind not in data]
    if missing:
        raise MappingInvalid(
            f'[{missing[0]}] is missing. Add it, or begin the file with extends = "default".'
        )
    return CrmMapping(
        title=str(data.get("title", "")),
        include=_choice(Inclusion, "include", data.get("include", Inclusion.REPLIED)),
        objects={kind: _object(kind, data[kind]) for kind in OUR_FIELDS},
    )


def list_misfits(
    mapping: CrmMapping, described: Mapping[str, Mapping[str, FieldShape]]
) -> list[str]:
    """Return what a CRM lacks for this mapping; `described` holds the fields of each CRM object.

    Asked before the first write: otherwise each record would be refused for the same reason.
    """
    misfits = []
    for object_mapping in mapping.objects.values():
        fields = described[object_mapping.crm_object]
        for rule in object_mapping.rules:
            where = f"[{object_mapping.kind}.fields] {rule.ours} = {rule.theirs!r}"
            kind = OUR_FIELDS[object_mapping.kind].get(rule.ours)
            if rule.policy is Policy.OFF:
                continue
            if rule.theirs not in fields:
                misfits.append(
                    f"{where}: {object_mapping.crm_object} has no such field"
                    f"{_near(rule.theirs, fields)}"
                )
            elif kind is not None and not _fits(kind, fields[rule.theirs].kind):
                there = fields[rule.theirs].kind
                misfits.append(f"{where}: is a {there} there, and a {kind} here.")
    return misfits


def _fits(ours: str, theirs: str) -> bool:
    return theirs in {ours, "text"} or (ours == "reference" and theirs == "text")


def _built_upon(default: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = default | {k: v for k, v in own.items() if k not in OUR_FIELDS}
    for kind in OUR_FIELDS:
        section = own.get(kind, {})
        fields = dict(default[kind]["fields"])
        for name, entry in section.get("fields", {}).items():
            known = fields.get(name, {})
            fields[name] = known | dict(entry) if isinstance(entry, Mapping) else entry
        merged[kind] = default[kind] | dict(section) | {"fields": fields}
    return merged


def _object(kind: str, section: Mapping[str, Any]) -> ObjectMapping:
    _check_names(f"[{kind}]", section, {"object", "match_by", "fields"})
    rules = tuple(
        _rule(kind, ours, entry) for ours, entry in sorted(section.get("fields", {}).items())
    )
    seen: dict[str, str] = {}
    for rule in rules:
        if rule.theirs in seen:
            raise MappingInvalid(
                f"[{kind}.fields] {seen[rule.theirs]} and {rule.ours} both go to {rule.theirs!r}; "
                "one field there can only hold one of them."
            )
        seen[rule.theirs] = rule.ours
    match_by = section.get("match_by")
    if match_by is not None and match_by not in {rule.ours for rule in rules}:
        raise MappingInvalid(f"[{kind}] match_by = {match_by!r} is not among its fields.")
    return ObjectMapping(kind, str(section.get("object", kind)), match_by, rules)


def _rule(kind: str, ours: str, entry: Any) -> FieldRule:
    where = f"[{kind}.fields] {ours}"
    if not isinstance(entry, Mapping) or not isinstance(entry.get("theirs"), str):
        raise MappingInvalid(f'{where}: needs the field\'s name there, {{ theirs = "…" }}.')
    _check_names(where, entry, {"theirs", "direction", "policy", "values"})
    rule = FieldRule(
        ours=ours,
        theirs=entry["theirs"],
        direction=_choice(Direction, where, entry.get("direction", Direction.PUSH)),
        policy=_choice(Policy, where, entry.get("policy", Policy.OURS_WINS)),
        values=tuple((str(a), str(b)) for a, b in entry.get("values", {}).items()),
    )
    if len({theirs for _, theirs in rule.values}) < len(rule.values):
        raise MappingInvalid(f"{where}: two of our values have the same name there.")
    if rule.policy is Policy.LATEST and rule.direction is Direction.PUSH:
        raise MappingInvalid(
            f'{where}: latest lets either side prevail, so it needs direction = "both".'
        )
    if rule.direction is not Direction.PUSH and kind != "company":
        raise MappingInvalid(
            f"{where}: only a company's fields can be taken from the CRM; push it."
        )
    if rule.direction is Direction.PULL:
        if rule.policy is Policy.OURS_WINS:
            raise MappingInvalid(f"{where}: what is only pulled can't have the policy ours_wins.")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", ours):
            raise MappingInvalid(f"{where}: a pulled fact's name has small letters, digits and _.")
    elif ours not in OUR_FIELDS[kind]:
        raise MappingInvalid(f"{where}: Recruit has no such field{_near(ours, OUR_FIELDS[kind])}")
    return rule


def _choice(kind: type[Choice], where: str, text: Any) -> Choice:
    try:
        return kind(text)
    except ValueError:
        raise MappingInvalid(
            f"{where}: {text!r} is unknown; choose one of {', '.join(kind)}."
        ) from None


def _check_names(where: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
    known = set(known)
    for name in given:
        if name not in known:
            raise MappingInvalid(f"{where}: {name!r} is unknown{_near(name, known)}")


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else "."
