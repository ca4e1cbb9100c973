"""A sequence as data: its steps, window, rules and what the law asks, as frozen values.

`parsing` reads them from TOML or from the builder's form; `due` decides by them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from recruit.sequences.checked_table import DefinitionError
from recruit.sequences.conditions import Condition
from recruit.sequences.values import StepKind
from recruit.sequences.variants import draw

__all__ = [
    "DAYS",
    "END",
    "Compliance",
    "DefinitionError",
    "Rules",
    "SequenceDefinition",
    "Step",
    "Variant",
    "Window",
    "definition_hash",
]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# What a step's `next` or a branch may name instead of a step.
END = "end"


@dataclass(frozen=True)
class Window:
    """When a touch may go, in the contact's own time. `days` are weekdays, Monday is 0.

    `spread_minutes`: touches that wait for the window go at a moment of their own in its first minutes.
    """

    days: frozenset[int] = frozenset(range(7))
    opens: time = time(9)
    closes: time = time(17)
    spread_minutes: int = 90
    skip_holidays: bool = True


@dataclass(frozen=True)
class Variant:
    """One of several wordings of an e-mail."""

    name: str
    subject: str
    body: str


@dataclass(frozen=True)
class Step:
    """One step. `delay_working_days` counts from the step before, in the contact's working days.

    An e-mail without a subject goes on in the thread of the one before; with `variants` it has no text of
    its own. A task has a title in `subject`, a prefilled text in `body` and a `link` to open; it is skipped
    when nobody does it for `give_up_after_working_days` (0: never). A branch goes to `then` where
    `condition` holds, else to `otherwise`. `next_step` is where any step leads, None to the one below.
    The three are indices; the number of steps means the end.
    """

    kind: StepKind
    delay_working_days: int
    subject: str
    body: str
    channel: str = ""
    link: str = ""
    name: str = ""
    variants: tuple[Variant, ...] = ()
    give_up_after_working_days: int = 0
    condition: Condition | None = None
    then: int | None = None
    otherwise: int | None = None
    next_step: int | None = None

    def worded(self, variant: str) -> tuple[str, str]:
        """Return subject and body of a wording; the first one where there is none of that name."""
        if not self.variants:
            return self.subject, self.body
        found = next((v for v in self.variants if v.name == variant), self.variants[0])
        return found.subject, found.body


@dataclass(frozen=True)
class Rules:
    """Who may be enrolled beside what, and what ends an enrollment apart from an answer.

    `exclusive`: not while the firm is in another sequence, and no other while it is in this one.
    `min_days_since_touch`: days since anybody of ours last touched the firm in another sequence.
    `max_contacts_a_firm`: how many people of one firm may be enrolled here.
    """

    exclusive: bool = False
    min_days_since_touch: int = 0
    max_contacts_a_firm: int = 1
    stop_when: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Compliance:
    """What the sequence brings to the law of its recipients' countries; see `policies`.

    `countries`: whom it is meant for, checked when it is started. `consent`: where and how recipients
    agreed. `legitimate_interest`: why writing without consent is fair, where that is lawful at all.
    `published_addresses`: recipients published their address for such mail. `companies_only`: no sole
    traders or partnerships are among them. `privacy_url`: the notice that says what we do with their data.
    `reviewed`: for countries without a policy, who found out what its law asks, as (country, words).
    """

    countries: tuple[str, ...] = ()
    consent: str = ""
    legitimate_interest: str = ""
    published_addresses: bool = False
    companies_only: bool = False
    privacy_url: str = ""
    reviewed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SequenceDefinition:
    """A whole sequence. `mailboxes` are the senders' addresses, none where there is only one.

    `grace_hours`: what is overdue by more is held for a person.
    `finish_after_working_days`: how long an answer is waited for after the last step.
    """

    name: str
    title: str
    steps: tuple[Step, ...]
    window: Window = Window()
    mailboxes: tuple[str, ...] = ()
    grace_hours: int = 48
    finish_after_working_days: int = 5
    rules: Rules = field(default_factory=Rules)
    compliance: Compliance = field(default_factory=Compliance)

    def following(self, index: int) -> int | None:
        """Return the index of the step after one that is done (not a branch), None after the last."""
        return self.at(self.steps[index].next_step, index)

    def at(self, target: int | None, index: int) -> int | None:
        """Return where `target` leads from a step: None of a target is the step below, None is the end."""
        found = index + 1 if target is None else target
        return found if found < len(self.steps) else None

    def variant_of(self, index: int, firm_id: int) -> str:
        """Return the name of the wording that a firm gets, "" where the step has only one."""
        step = self.steps[index]
        return draw([v.name for v in step.variants], self.name, firm_id, index)


def definition_hash(data: Mapping[str, Any]) -> str:
    """Return a hash that is the same for the same content, whatever the order of its keys."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
