"""Clustering: which sightings together are one firm, given what was decided of pairs.

Links are taken strongest first, and each has to be worthy of the two groups that it would join: no
pair across them may be known to be two firms, a link that hangs on a name alone must be confirmed by
others once groups have grown, and it must not be the case that a rival claims the sighting as well.
Groups that exist already (firms with their sightings) stay together. What a person said of two
sightings stands above all of this.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType

from recruit.firms.matching import MatchDecision
from recruit.firms.values import Verdict

# A firm has more sightings than this only where most pairs share what belongs to one firm alone.
CLUSTER_CAP = 10
# A rival's claim this much weaker, in bits, is no rival.
_CLEARLY_BETTER = 3.0
# No pair counts for more than this, in bits, when groups are weighed against each other.
_MOST = 10.0


@dataclass(frozen=True, slots=True)
class Link:
    """What was decided of the sightings `a` and `b` (ids of records)."""

    a: int
    b: int
    decision: MatchDecision

    def other(self, record_id: int) -> int:
        """Return the sighting at the other end."""
        return self.b if record_id == self.a else self.a


class _Groups:
    """Disjoint sets of sightings, with the pairs that must stay apart."""

    def __init__(self, groups: Iterable[Sequence[int]]) -> None:
        self.of: dict[int, int] = {}
        self.members: dict[int, list[int]] = {}
        self.foes: dict[int, set[int]] = {}
        for group in groups:
            head = min(group)
            self.members[head] = list(group)
            for member in group:
                self.of[member] = head

    def keep_apart(self, a: int, b: int) -> None:
        if self.of[a] != self.of[b]:
            self.foes.setdefault(self.of[a], set()).add(self.of[b])
            self.foes.setdefault(self.of[b], set()).add(self.of[a])

    def are_foes(self, a: int, b: int) -> bool:
        return self.of[b] in self.foes.get(self.of[a], ())

    def join(self, a: int, b: int) -> None:
        keep, gone = sorted((self.of[a], self.of[b]))
        for member in self.members[gone]:
            self.of[member] = keep
        self.members[keep] += self.members.pop(gone)
        for foe in self.foes.pop(gone, set()):
            self.foes[foe].discard(gone)
            self.foes[foe].add(keep)
            self.foes.setdefault(keep, set()).add(foe)


# What people said of pairs of sightings: (lower id, higher id) of records -> whether they are one firm.
Said = Mapping[tuple[int, int], bool]
NOTHING_SAID: Said = MappingProxyType({})


def cluster(
    groups: Iterable[Sequence[int]],
    links: Iterable[Link],
    *,
    fresh: frozenset[int],
    said: Said = NOTHING_SAID,
) -> list[list[int]]:
    """Join `groups` of sightings (one-element groups for new ones) along `links`.

    Only links at a `fresh` sighting join; those between others were judged in an earlier run, and tell
    here who must stay apart. Each sighting stands in exactly one group, before and after. The answer is
    sorted, and the same for the same input in any order.

    `said` binds: two of which a person said "same" are joined whatever the links say, and two that are
    "not the same" share no group, not even over others; where the two collide, apart wins.
    """
    state = _Groups(_without_quarrels(groups, said))
    _obey(said, state)
    joining: list[Link] = []
    linked: dict[int, list[Link]] = {}
    for link in links:
        if said.get((min(link.a, link.b), max(link.a, link.b))) is False:
            continue
        linked.setdefault(link.a, []).append(link)
        linked.setdefault(link.b, []).append(link)
        if link.decision.verdict is Verdict.SAME:
            if link.a in fresh or link.b in fresh:
                joining.append(link)
        elif link.decision.contradicted:
            state.keep_apart(link.a, link.b)
    for link in sorted(joining, key=lambda link: (-link.decision.score, link.a, link.b)):
        if state.of[link.a] == state.of[link.b] or state.are_foes(link.a, link.b):
            continue
        if _has_rival(link, linked, state) or not _is_supported(link, linked, state):
            continue
        state.join(link.a, link.b)
    return sorted(sorted(members) for members in state.members.values())


def _without_quarrels(groups: Iterable[Sequence[int]], said: Said) -> Iterable[Sequence[int]]:
    """Yield the groups, those with two that are not the same in parts without such a pair."""
    foes: dict[int, set[int]] = {}
    for (a, b), same in said.items():
        if not same:
            foes.setdefault(a, set()).add(b)
            foes.setdefault(b, set()).add(a)
    for group in groups:
        parts: list[list[int]] = []
        for member in sorted(group):
            enemies: Set[int] = foes.get(member, frozenset())
            part = next((part for part in parts if enemies.isdisjoint(part)), None)
            if part is None:
                parts.append(part := [])
            part.append(member)
        yield from parts


def _obey(said: Said, state: _Groups) -> None:
    known = [pair for pair in sorted(said) if pair[0] in state.of and pair[1] in state.of]
    for a, b in known:
        if not said[a, b]:
            state.keep_apart(a, b)
    for a, b in known:
        if said[a, b] and state.of[a] != state.of[b] and not state.are_foes(a, b):
            state.join(a, b)


def _has_rival(link: Link, linked: dict[int, list[Link]], state: _Groups) -> bool:
    """Say whether a firm that cannot be the same one claims either end about as strongly.

    A name without a domain fits two firms with different domains: joining either would be a guess.
    """
    enough = link.decision.score - _CLEARLY_BETTER
    return any(
        rival.decision.verdict is Verdict.SAME
        and rival.decision.score >= enough
        and state.are_foes(rival.other(end), link.other(end))
        for end in (link.a, link.b)
        for rival in linked[end]
    )


def _is_supported(link: Link, linked: dict[int, list[Link]], state: _Groups) -> bool:
    """Say whether all that is known between two groups, for and against, joins them.

    One strong pair among many weak ones is how strangers get chained together.
    """
    small, big = sorted((state.of[link.a], state.of[link.b]), key=lambda g: len(state.members[g]))
    between = [
        other.decision
        for member in state.members[small]
        for other in linked.get(member, ())
        if state.of[other.other(member)] == big
    ]
    if sum(max(-_MOST, min(_MOST, decision.score)) for decision in between) < 0:
        return False
    size = len(state.members[small]) + len(state.members[big])
    # A phone that two firms share by accident would join all that hang on either.
    return size <= CLUSTER_CAP or 2 * sum(d.identified for d in between) > len(between)
