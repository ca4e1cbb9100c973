"""Signals: anything else that a firm's fields can say, each sign with a weight of its own."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from recruit.firms.values import FirmView
from recruit.scoring.columns import Bools, FirmColumns, Floats, TextColumn
from recruit.scoring.criteria.finding import LEARN, LOOK_UP, Finding, Lift, in_words
from recruit.scoring.criteria.likeness import marks_in, sum_of
from recruit.scoring.curves import saturate
from recruit.scoring.section import Section, near
from recruit.scoring.wording import TAG_FIELDS, names, phrase, tags_of, words_of
from recruit.sourcing.text import fold

TEXT_FIELDS = ("name", "domain", "website", "country", "region", "city")
# The field as a profile names it -> how it is said.
NUMBER_FIELDS: Mapping[str, str] = {
    "employees": "people",
    "founded": "as founding year",
    "revenue": "in revenue",
}
FIELDS = (*TEXT_FIELDS, *NUMBER_FIELDS, *TAG_FIELDS)


@dataclass(frozen=True)
class Signal:
    """One sign: what must hold of a field. Without a condition, it is enough that the field is known."""

    field: str
    weight: float
    because: str
    any_of: tuple[str, ...] = ()
    least: float = -math.inf
    most: float = math.inf

    @property
    def is_presence(self) -> bool:
        """Tell whether knowing the field is all that is asked."""
        return not self.any_of and math.isinf(self.least) and math.isinf(self.most)

    def holds(self, firm: FirmView) -> bool | None:
        """Tell whether it holds; None where the field is not known well enough to say."""
        if self.field in TAG_FIELDS:
            tags = tags_of(firm, (self.field,))
            if self.is_presence:
                return bool(tags)
            if not tags:
                # Labels are ours: a firm that bears none is known to bear none.
                return False if self.field == "tags" else None
            if self.any_of:
                return any(names(tag, self.any_of) for tag in tags)
            return self.least <= len(tags) <= self.most
        if self.field in NUMBER_FIELDS:
            low, high = (getattr(firm, f"{self.field}_{end}") for end in ("low", "high"))
            if self.is_presence:
                return low is not None or high is not None
            if low is None and high is None:
                return None
            low, high = -math.inf if low is None else low, math.inf if high is None else high
            if self.least <= low and high <= self.most:
                return True
            return False if high < self.least or self.most < low else None
        value = getattr(firm, self.field)
        if self.is_presence:
            return value is not None
        return None if value is None else self._fits(value)

    def holds_each(self, firms: FirmColumns) -> tuple[Bools, Bools]:
        """Return of every firm whether it surely holds, and whether it may."""
        if self.field in TAG_FIELDS:
            return self._tags_hold(firms)
        if self.field in NUMBER_FIELDS:
            return self._number_holds(firms)
        column = _text_column(firms, self.field)
        known = column.codes >= 0
        if self.is_presence:
            return known, known
        fits = column.pick([self._fits(value) for value in column.vocabulary], False)
        return fits, fits | ~known

    def _tags_hold(self, firms: FirmColumns) -> tuple[Bools, Bools]:
        (column,) = firms.tag_fields((self.field,))
        stated = column.counts > 0
        if self.is_presence:
            return stated, stated
        if self.any_of:
            (marked,) = marks_in(firms, (self.field,), [tuple(map(phrase, self.any_of))])
        else:
            marked = stated & (column.counts >= self.least) & (column.counts <= self.most)
        return marked, marked if self.field == "tags" else marked | ~stated

    def _number_holds(self, firms: FirmColumns) -> tuple[Bools, Bools]:
        low, high = (getattr(firms, f"{self.field}_{end}") for end in ("low", "high"))
        stated = ~np.isnan(low) | ~np.isnan(high)
        if self.is_presence:
            return stated, stated
        low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
        surely = stated & (low >= self.least) & (high <= self.most)
        return surely, ~stated | ~((high < self.least) | (low > self.most))

    def _fits(self, value: str) -> bool:
        if self.field in {"country", "domain", "region", "city"}:
            return fold(value) in map(fold, self.any_of)
        return names(value, self.any_of)


@dataclass(frozen=True)
class Signals:
    """Full points from `enough` on: the sum of the weights of the signs that hold."""

    signals: tuple[Signal, ...]
    enough: float

    @classmethod
    def read(cls, section: Section) -> "Signals":
        """Read the keys `signals` and `enough`."""
        signals = tuple(_read_signal(table) for table in section.tables("signals"))
        if not signals:
            raise section.error(
                "signals", 'There is no signal. Add one, as in { field = "website", weight = 1 }.'
            )
        every = sum_of(signal.weight for signal in signals)
        return cls(signals, section.number("enough", every, above=0))

    def assess(self, firm: FirmView, today: date) -> Finding:  # noqa: ARG002
        """Add up the weights of the signs that hold, and of those that may."""
        held = [(signal, signal.holds(firm)) for signal in self.signals]
        sure = [signal for signal, holds in held if holds]
        possible = [signal for signal, holds in held if holds is not False]
        low = saturate(sum_of(s.weight for s in sure), self.enough)
        high = saturate(sum_of(s.weight for s in possible), self.enough)
        said = [s.because for s in sure]
        sentence = f"{in_words(said)}." if said else "None of the signs is there."
        open_ones = [s.because for s, holds in held if holds is None]
        if low < high:
            sentence += f" Not known: {in_words(open_ones)}."
        fields = tuple(dict.fromkeys(s.field for s in (sure or self.signals)))
        words = tuple(
            tag
            for s in sure
            if s.field in TAG_FIELDS and s.any_of
            for tag in tags_of(firm, (s.field,))
            if names(tag, s.any_of)
        )
        return Finding(low, high, sentence[:1].upper() + sentence[1:], fields, words)

    def shares(self, firms: FirmColumns, today: date) -> tuple[Floats, Floats]:  # noqa: ARG002
        """Return the share of every firm, least and greatest."""
        low, high = np.zeros(len(firms)), np.zeros(len(firms))
        for signal in self.signals:
            surely, possibly = signal.holds_each(firms)
            np.add(low, signal.weight, out=low, where=surely)
            np.add(high, signal.weight, out=high, where=possibly)
        return np.minimum(low / self.enough, 1.0), np.minimum(high / self.enough, 1.0)

    def lift(self, firm: FirmView, today: date, share: float) -> Lift | None:
        """Return the one sign that would be enough."""
        finding = self.assess(firm, today)
        held = [(signal, signal.holds(firm)) for signal in self.signals]
        need = (share - finding.low) * self.enough
        fitting = [(s, h) for s, h in held if not h and s.weight >= need - 1e-9]
        if not fitting:
            return None
        signal, holds = min(fitting, key=lambda pair: (pair[1] is False, pair[0].weight))
        reached = saturate(finding.low * self.enough + signal.weight, self.enough)
        if holds is None:
            return Lift(f"if it turned out that {signal.because}", reached, LOOK_UP)
        return Lift(f"with the sign “{signal.because}”", reached, LEARN)


def _text_column(firms: FirmColumns, name: str) -> TextColumn:
    if name in {"country", "region", "city"}:
        column: TextColumn = getattr(firms, name)
        return column
    values = {"name": firms.names, "domain": firms.domains, "website": firms.websites}[name]
    coded = values.dictionary_encode()
    return TextColumn(
        tuple(coded.dictionary.to_pylist()),
        coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32),
    )


def _read_signal(table: Section) -> Signal:
    name = table.text("field")
    if name not in FIELDS:
        raise table.error(
            "field", f'"{name}" is no field.{near(name, FIELDS)} Known: {", ".join(FIELDS)}.'
        )
    any_of = table.texts("any_of")
    for word in any_of:
        if not words_of(word):
            raise table.error("any_of", f'"{word}" has no letter or digit to look for.')
    least, most = -math.inf, math.inf
    if table.has("at_least"):
        least = table.number("at_least")
    if table.has("at_most"):
        most = table.number("at_most")
    if name in TEXT_FIELDS and (math.isfinite(least) or math.isfinite(most)):
        raise table.error("at_least", f'"{name}" is a text and has no amount. Use any_of.')
    if name in NUMBER_FIELDS and any_of:
        raise table.error("any_of", f'"{name}" is a number. Use at_least, at_most or both.')
    if any_of and (math.isfinite(least) or math.isfinite(most)):
        raise table.error("any_of", "A sign names words or an amount. Make two signs of it.")
    if least > most:
        raise table.error("at_most", f"{most:g} is below at_least = {least:g}. Swap them.")
    signal = Signal(name, table.number("weight", 1, above=0), "", any_of, least, most)
    because = table.text("because", _say(signal))
    table.finish()
    return Signal(name, signal.weight, because, any_of, least, most)


def _say(signal: Signal) -> str:
    what = {"tags": "labels"}.get(signal.field, signal.field)
    if signal.is_presence:
        return f"its {what} {'are' if what.endswith('s') else 'is'} known"
    if signal.any_of:
        return f"its {what} name {in_words(list(signal.any_of), 'or')}"
    unit = f" {NUMBER_FIELDS[signal.field]}" if signal.field in NUMBER_FIELDS else f" {what}"
    if math.isinf(signal.most):
        return f"at least {signal.least:,.12g}{unit}"
    if math.isinf(signal.least):
        return f"at most {signal.most:,.12g}{unit}"
    return f"{signal.least:,.12g} to {signal.most:,.12g}{unit}"
