"""Placing: to which firm new sightings belong, given the sightings around them.

Pure: sightings known and new go in as fingerprints, firms to be come out, each with the firms that it
unites and the sightings that join it. Firms keep their ids and their sightings; only a new or changed
sighting can join two of them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from recruit.firms.blocking import candidate_pairs, count_crowd, group_by_key
from recruit.firms.clustering import NOTHING_SAID, Link, Said, cluster
from recruit.firms.evidence import Surroundings
from recruit.firms.fingerprint import Fingerprint
from recruit.firms.matching import MatchDecision, decide
from recruit.firms.rarity import Rarity
from recruit.firms.values import Verdict

_MOST_REASONS = 4
# More doubtful pairs than these of one run nobody looks at.
MOST_DOUBTFUL = 20_000
_FIRST: dict[str, object] = {"because": "first sighting of this firm"}
_TOLD_APART = "a person said that they are not the same"
_TOLD_SAME = "a person said that they are the same"


@dataclass(frozen=True, slots=True)
class Joining:
    """A sighting (id of its record) that joins a firm, and why: `evidence` as `FirmMember` keeps it."""

    record_id: int
    evidence: dict[str, object]


@dataclass(frozen=True, slots=True)
class Placement:
    """One firm to be: the firms that it unites, oldest first (none: it is new), and who joins.

    `because` says why firms are united, empty where at most one is.
    """

    firm_ids: tuple[int, ...]
    joining: tuple[Joining, ...]
    because: str = ""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A changed sighting that its firm's other sightings now contradict."""

    record_id: int
    firm_id: int
    because: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What resolution is about to do. `doubtful` are pairs that a person should look at."""

    placements: tuple[Placement, ...]
    leaving: tuple[Leaving, ...]
    doubtful: tuple[Link, ...]


def place(
    fresh: Mapping[int, Fingerprint],
    known: Mapping[int, Fingerprint],
    firm_of: Mapping[int, int],
    rarity: Rarity,
    crowd: Mapping[str, int],
    said: Said = NOTHING_SAID,
) -> Plan:
    """Decide where the `fresh` sightings belong.

    Keys are ids of records. `known` are sightings near them that were placed before and have not
    changed; `firm_of` tells the firm of each known sighting, and of a fresh one that was placed before.
    `crowd` tells of blocking keys so common that not all who share them are among the known. What people
    `said` of pairs of sightings binds, see `clustering.cluster`.
    """
    everybody = {**known, **fresh}
    blocks = group_by_key(everybody.values())
    around = Surroundings(rarity, {**count_crowd(blocks), **crowd})
    leaving = find_leaving(fresh, known, firm_of, around, said)
    left = {one.record_id for one in leaving}
    home = {
        record: firm
        for record, firm in firm_of.items()
        if record in everybody and record not in left
    }
    links = _judge(candidate_pairs(blocks, home), fresh, home, around, said)
    clusters = cluster(_groups(everybody, home), links, fresh=frozenset(fresh), said=said)
    return Plan(
        placements=tuple(
            make_placements(clusters, home, _best_links(clusters, links), frozenset(fresh), said)
        ),
        leaving=tuple(leaving),
        doubtful=tuple(_between(clusters, links)),
    )


def _judge(
    pairs: Iterable[tuple[Fingerprint, Fingerprint]],
    fresh: Collection[int],
    home: Mapping[int, int],
    around: Surroundings,
    said: Said,
) -> list[Link]:
    """Decide the pairs at fresh sightings, and of the others those between firms that fresh ones may unite."""
    links, others = [], []
    for a, b in pairs:
        if a.record_id in fresh or b.record_id in fresh:
            links.append(Link(a.record_id, b.record_id, decide(a, b, around)))
        else:
            others.append((a, b))
    near = _Components()
    for link in links:
        if link.decision.verdict is Verdict.SAME:
            near.join(_place(link.a, home), _place(link.b, home))
    for (one, other), same in said.items():
        if same:
            near.join(_place(one, home), _place(other, home))
    links += [
        Link(a.record_id, b.record_id, decide(a, b, around))
        for a, b in others
        if near.find(_place(a.record_id, home)) == near.find(_place(b.record_id, home))
    ]
    return links


_Place = tuple[str, int]


def _place(record: int, home: Mapping[int, int]) -> _Place:
    return ("firm", home[record]) if record in home else ("record", record)


class _Components:
    """Firms and homeless sightings that hang together by links."""

    def __init__(self) -> None:
        self._above: dict[_Place, _Place] = {}

    def find(self, place: _Place) -> _Place:
        while place in self._above:
            place = self._above[place]
        return place

    def join(self, one: _Place, other: _Place) -> None:
        one, other = self.find(one), self.find(other)
        if one != other:
            self._above[max(one, other)] = min(one, other)


def find_leaving(
    fresh: Mapping[int, Fingerprint],
    known: Mapping[int, Fingerprint],
    firm_of: Mapping[int, int],
    around: Surroundings,
    said: Said = NOTHING_SAID,
) -> list[Leaving]:
    """Find the changed sightings that something contradicts at home, and nothing holds there.

    What a person said comes first: who is not the same as one that stays has to go.
    """
    companions: dict[int, list[Fingerprint]] = {}
    staying: dict[int, list[int]] = {}
    for record, fingerprint in known.items():
        companions.setdefault(firm_of[record], []).append(fingerprint)
        staying.setdefault(firm_of[record], []).append(record)
    leaving = []
    for record, fingerprint in sorted(fresh.items()):
        firm = firm_of.get(record)
        if firm is None:
            continue
        stayers = staying.setdefault(firm, [])
        told = [said.get((min(record, one), max(record, one))) for one in stayers]
        if False in told:
            leaving.append(Leaving(record, firm, _TOLD_APART))
            continue
        if True in told:
            stayers.append(record)
            continue
        decisions = [decide(fingerprint, other, around) for other in companions.get(firm, ())]
        against = [d for d in decisions if d.contradicted and d.verdict is not Verdict.SAME]
        if against and not any(d.verdict is Verdict.SAME for d in decisions):
            leaving.append(Leaving(record, firm, _because(against[0])))
        else:
            stayers.append(record)
    return leaving


def _groups(everybody: Iterable[int], home: Mapping[int, int]) -> list[list[int]]:
    groups: dict[_Place, list[int]] = {}
    for record in everybody:
        groups.setdefault(_place(record, home), []).append(record)
    return list(groups.values())


def make_placements(
    clusters: Iterable[list[int]],
    home: Mapping[int, int],
    best: Mapping[int, Link],
    fresh: frozenset[int],
    said: Said = NOTHING_SAID,
) -> Iterable[Placement]:
    """Yield what becomes of each cluster with a fresh sighting; `best` is each one's strongest link."""
    twins: dict[int, set[int]] = {}
    for (a, b), same in said.items():
        if same:
            twins.setdefault(a, set()).add(b)
            twins.setdefault(b, set()).add(a)

    def why(record: int, members: list[int]) -> dict[str, object]:
        told = twins.get(record, set()).intersection(members)
        if told:
            return {"because": _TOLD_SAME, "with": min(told)}
        link = best.get(record)
        return _FIRST if link is None else _evidence(record, link)

    for members in clusters:
        if fresh.isdisjoint(members):
            continue
        firms = tuple(sorted({home[record] for record in members if record in home}))
        newcomers = [record for record in members if record not in home]
        because = ""
        if len(firms) > 1:
            because = _why_united(newcomers or members, members, best, twins)
        yield Placement(
            firm_ids=firms,
            joining=tuple(
                # The first of a new firm joins nobody.
                Joining(record, _FIRST if at == 0 and not firms else why(record, members))
                for at, record in enumerate(newcomers)
            ),
            because=because,
        )


def _why_united(
    bridges: Iterable[int],
    members: list[int],
    best: Mapping[int, Link],
    twins: Mapping[int, set[int]],
) -> str:
    if any(not twins.get(one, set()).isdisjoint(members) for one in members):
        return _TOLD_SAME
    links = [best[record] for record in bridges if record in best]
    return _because(max(links, key=lambda link: link.decision.score).decision)


def _best_links(clusters: list[list[int]], links: list[Link]) -> dict[int, Link]:
    """Return for each sighting the strongest link into its own cluster."""
    cluster_of = {record: at for at, members in enumerate(clusters) for record in members}
    best: dict[int, Link] = {}
    for link in links:
        if cluster_of[link.a] != cluster_of[link.b]:
            continue
        for end in (link.a, link.b):
            known = best.get(end)
            if known is None or link_strength(link) > link_strength(known):
                best[end] = link
    return best


def link_strength(link: Link) -> tuple[bool, float, int, int]:
    """Return what links of one sighting are ordered by: the strongest is the greatest."""
    return link.decision.verdict is Verdict.SAME, link.decision.score, -link.a, -link.b


def _between(clusters: list[list[int]], links: list[Link]) -> Iterable[Link]:
    """Return the links between clusters that are not plainly nothing."""
    cluster_of = {record: at for at, members in enumerate(clusters) for record in members}
    return (
        link
        for link in links
        if cluster_of[link.a] != cluster_of[link.b]
        and link.decision.verdict is not Verdict.DIFFERENT
    )


def _evidence(record: int, link: Link) -> dict[str, object]:
    return {
        "because": _because(link.decision),
        "score": link.decision.score,
        "with": link.other(record),
    }


def _because(decision: MatchDecision) -> str:
    return "; ".join(decision.reasons[:_MOST_REASONS])
