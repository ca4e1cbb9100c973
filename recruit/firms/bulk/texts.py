"""What sightings state, a list a field: very many of them need less room so than as facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recruit.firms.names import split_names
from recruit.firms.statements import longest_text


@dataclass
class Texts:
    """What sightings state, a list a field; all of one length. `emails` are lower case."""

    record_ids: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    websites: list[str | None] = field(default_factory=list)
    emails: list[tuple[str, ...]] = field(default_factory=list)
    phones: list[tuple[str, ...]] = field(default_factory=list)
    streets: list[str | None] = field(default_factory=list)
    postcodes: list[str | None] = field(default_factory=list)
    cities: list[str | None] = field(default_factory=list)
    regions: list[str | None] = field(default_factory=list)
    countries: list[str | None] = field(default_factory=list)
    # The few that there are, by place in the lists.
    other_names: dict[int, tuple[str, ...]] = field(default_factory=dict)
    registry_ids: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def add(self, record_id: int, facts: Sequence[Mapping[str, Any]]) -> bool:
        """Add a sighting by its facts as JSON has them; False where it does not even name its firm.

        What is taken is what `take_fingerprint` takes.
        """
        stated: dict[str, list[Mapping[str, Any]]] = {}
        for fact in facts:
            value = fact["value"]
            if (
                fact.get("inferred")
                or not isinstance(value, str)
                or len(value) > longest_text(fact["field"])
                or not value.strip()
            ):
                continue
            stated.setdefault(fact["field"], []).append(fact)

        def best(name: str) -> str | None:
            found = stated.get(name)
            if not found:
                return None
            return str(max(found, key=lambda fact: float(fact["confidence"]))["value"])

        name = best("name")
        if name is None:
            return False
        today, former = split_names(name)
        if former:
            self.other_names[len(self.names)] = former
        if numbers := stated.get("registry_id"):
            self.registry_ids[len(self.names)] = tuple(str(f["value"]) for f in numbers)
        self.record_ids.append(record_id)
        self.names.append(today)
        self.websites.append(best("website"))
        self.emails.append(tuple(str(f["value"]).lower() for f in stated.get("email", ())))
        self.phones.append(tuple(str(f["value"]) for f in stated.get("phone", ())))
        self.streets.append(best("street"))
        self.postcodes.append(best("postcode"))
        self.cities.append(best("city"))
        self.regions.append(best("region"))
        self.countries.append(best("country"))
        return True
