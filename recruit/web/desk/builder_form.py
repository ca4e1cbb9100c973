"""The builder's form as a definition's data and back: names of fields are paths, `steps.0.variants.1.body`.

Nothing is judged here: what a person typed goes to `parsing`, whose errors name the place. Only what an empty
field means is decided: nothing.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from recruit.sequences.conditions import FACTS
from recruit.sequences.definition import DAYS

NUMBERS = frozenset(
    {
        "grace_hours",
        "finish_after_working_days",
        "spread_minutes",
        "min_days_since_touch",
        "max_contacts_a_firm",
        "delay_working_days",
        "give_up_after_working_days",
    }
)
_YES = frozenset({"skip_holidays", "exclusive", "published_addresses", "companies_only"})
# A text that may be empty on purpose: an e-mail without a subject goes on in its thread.
_MAY_BE_EMPTY = frozenset({"subject"})
_MOST_STEPS = 100
OPERATORS = ("is_in", "equals", "contains", "at_least", "at_most", "known")

STARTER: dict[str, Any] = {
    "name": "",
    "title": "",
    "window": {"days": list(DAYS[:5]), "opens": "09:00", "closes": "17:00"},
    "steps": [
        {
            "kind": "email",
            "subject": "Partnering with {{ firm.name }}",
            "body": 'Hello {{ contact.first_name or "there" }},\n\n\n\nBest regards\n{{ sender.name }}',
        }
    ],
}
FRESH: dict[str, dict[str, Any]] = {
    "email": {"kind": "email", "delay_working_days": 3, "subject": "", "body": ""},
    "task": {
        "kind": "task",
        "delay_working_days": 2,
        "channel": "linkedin",
        "subject": "Connect with {{ firm.name }} on LinkedIn",
        "body": "",
        "link": "https://www.linkedin.com/search/results/companies/?keywords={{ firm.name | urlencode }}",
    },
    "wait": {"kind": "wait", "delay_working_days": 5},
    "branch": {"kind": "branch", "if": {"fact": "firm.country", "is_in": []}},
}


def read_form(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the definition's data that a posted form says."""
    root: dict[str, Any] = {}
    for path, text in pairs:
        *tables, last = path.split(".")
        table: Any = root
        for key in tables:
            table = table.setdefault(key, {}) if isinstance(table, dict) else None
        if isinstance(table, dict):
            values = table.setdefault(last, [])
            if isinstance(values, list):
                values.append(text.replace("\r\n", "\n"))
    return _definition(root)


def _definition(root: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {"name": _one(root, "name"), "title": _one(root, "title")}
    data = {key: value for key, value in data.items() if value}
    mailboxes = [text for text in root.get("mailboxes", []) if text]
    if mailboxes:
        data["mailboxes"] = mailboxes
    data |= _plain(root, ("grace_hours", "finish_after_working_days"))
    window = root.get("window", {})
    data["window"] = _plain(window, ("opens", "closes", "spread_minutes")) | {
        "days": [day for day in DAYS if day in window.get("days", [])],
        "skip_holidays": "skip_holidays" in window,
    }
    rules = root.get("rules", {})
    data["rules"] = _plain(rules, ("min_days_since_touch", "max_contacts_a_firm"))
    data["rules"]["exclusive"] = "exclusive" in rules
    stops = [_condition(row) for row in _rows(rules.get("stop_when", {}))]
    if any(stops):
        data["rules"]["stop_when"] = [stop for stop in stops if stop]
    data["compliance"] = _compliance(root.get("compliance", {}))
    data["steps"] = [_step(row) for row in _rows(root.get("steps", {}))]
    return data


def _compliance(table: Mapping[str, Any]) -> dict[str, Any]:
    found = _plain(table, ("consent", "legitimate_interest", "privacy_url"))
    found |= {key: True for key in ("published_addresses", "companies_only") if key in table}
    countries = _listed(_one(table, "countries"))
    if countries:
        found["countries"] = countries
    lines = [line.partition("=") for line in _one(table, "reviewed").splitlines() if line.strip()]
    if lines:
        found["reviewed"] = {key.strip(): words.strip() for key, _, words in lines}
    return found


def _step(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = _one(row, "kind")
    step: dict[str, Any] = {"kind": kind} | _plain(row, ("name", "delay_working_days", "next"))
    variants = [_plain(v, ("name", "subject", "body")) for v in _rows(row.get("variants", {}))]
    if kind == "email":
        step |= {"variants": variants} if variants else _plain(row, ("subject", "body"))
    elif kind == "task":
        keys = ("channel", "subject", "body", "link", "give_up_after_working_days")
        step |= _plain(row, keys)
    elif kind == "branch":
        step |= _plain(row, ("then", "else"))
        step["if"] = _condition(row.get("if", {})) or {"fact": ""}
    return step


def _condition(row: Mapping[str, Any]) -> dict[str, Any]:
    fact, operator, text = (_one(row, key).strip() for key in ("fact", "operator", "operand"))
    if not fact:
        return {}
    operand: Any = text
    if operator == "is_in":
        operand = _listed(text)
    elif operator == "known":
        operand = text.lower() not in {"no", "false", "0"}
    elif text.lower() in {"true", "false"}:
        operand = text.lower() == "true"
    else:
        operand = _number(text)
    return {"fact": fact, operator or "equals": operand}


def _plain(table: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in keys:
        text = _one(table, key)
        if text.strip() or (key in _MAY_BE_EMPTY and key in table):
            found[key] = _number(text.strip()) if key in NUMBERS else text
    return found


def _rows(table: Any) -> list[Mapping[str, Any]]:
    if not isinstance(table, Mapping):
        return []
    numbered = [(int(key), row) for key, row in table.items() if key.isdecimal()]
    return [row for _, row in sorted(numbered)[:_MOST_STEPS] if isinstance(row, Mapping)]


def _one(table: Mapping[str, Any], key: str) -> str:
    values = table.get(key, [])
    return str(values[-1]) if isinstance(values, list) and values else ""


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _number(text: str) -> Any:
    # What is no number stays a text, so that the error can quote it.
    return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() else text


def act_on(data: Mapping[str, Any], act: str) -> dict[str, Any]:
    """Return the data after a button: `add:email`, `up:1`, `down:1`, `remove:1`, `wording:1`, `unword:1:0`."""
    changed: dict[str, Any] = deepcopy(dict(data))
    steps: list[dict[str, Any]] = changed.setdefault("steps", [])
    verb, _, rest = act.partition(":")
    if verb == "add" and rest in FRESH and len(steps) < _MOST_STEPS:
        steps.append(deepcopy(FRESH[rest]))
        return changed
    at, _, inner = rest.partition(":")
    if not at.isdecimal() or int(at) >= len(steps):
        return changed
    index = int(at)
    if verb == "remove":
        del steps[index]
    elif verb in {"up", "down"}:
        other = index - 1 if verb == "up" else index + 1
        if 0 <= other < len(steps):
            steps[index], steps[other] = steps[other], steps[index]
    elif verb == "wording":
        _add_wording(steps[index])
    elif verb == "unword" and inner.isdecimal():
        _drop_wording(steps[index], int(inner))
    return changed


def _add_wording(step: dict[str, Any]) -> None:
    variants = step.setdefault("variants", [])
    if not variants:
        variants.append(
            {"name": "A", "subject": step.pop("subject", ""), "body": step.pop("body", "")}
        )
    taken = {variant.get("name") for variant in variants}
    name = next((letter for letter in "ABCDE" if letter not in taken), "")
    if name:
        variants.append({"name": name, "subject": variants[0].get("subject", ""), "body": ""})


def _drop_wording(step: dict[str, Any], index: int) -> None:
    variants = step.get("variants", [])
    if index < len(variants):
        del variants[index]
    if len(variants) == 1:
        step |= {key: variants[0].get(key, "") for key in ("subject", "body")}
        del step["variants"]


def condition_row(condition: Mapping[str, Any] | None) -> dict[str, str]:
    """Return a condition as the form shows it."""
    condition = condition or {}
    operator = next((op for op in OPERATORS if op in condition), "is_in")
    operand = condition.get(operator, "")
    if isinstance(operand, list | tuple):
        operand = ", ".join(map(str, operand))
    return {
        "fact": str(condition.get("fact", "")),
        "operator": operator,
        "operand": str(operand).lower() if isinstance(operand, bool) else str(operand),
    }


def list_facts() -> dict[str, str]:
    """Return the facts that a condition may ask, with their meaning."""
    return FACTS
