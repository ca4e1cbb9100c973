"""Blocking: which sightings are worth comparing at all.

Two are, when they share a key: a number in a register, a domain, a mail address, a phone, a street, a
whole name, the first word of their own, or any such word in one town. A key that very many share tells
little; its sightings are then compared with their neighbours in the order of names only, so that the work
stays proportional to the sightings.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from rigour.text.distance import levenshtein

from recruit.firms.evidence import BRAND
from recruit.firms.fingerprint import Fingerprint, leading_word

# Up to so many sightings of one key, each is compared with each.
BLOCK_CAP = 60
# The same for keys that tell little: names that begin alike, a street without its town.
LOOSE_CAP = 20
_LOOSE = frozenset("fsw")
# Under these, names without a word in common are strangers; what else they share has a key of its own.
_NEEDS_A_WORD = frozenset("sw")
# In a bigger block each is compared with so many that follow by name.
WINDOW = 8
LONGEST_KEY = 100
_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))
EDITS = 2


def block_keys(fingerprint: Fingerprint) -> frozenset[str]:
    """Return the keys under which a sighting is looked up; the letter in front says of what kind."""
    keys = {f"r:{number}" for number in fingerprint.registry_ids}
    for name in fingerprint.all_names:
        keys |= {f"n:{name.key}", f"n:{name.compact}", f"f:{leading_word(name)}"}
    keys |= {f"d:{domain}" for domain in (fingerprint.domain, *fingerprint.mail_domains) if domain}
    keys |= {f"e:{email}" for email in fingerprint.emails}
    keys |= {f"p:{phone}" for phone in fingerprint.phones}
    towns = fingerprint.towns
    if fingerprint.street and fingerprint.street.house is not None:
        keys.add(f"s:{fingerprint.street.key}")
        keys |= {f"a:{fingerprint.street.key} {town}" for town in towns}
    # The beginning of a word survives most misspellings.
    own = {beginning(word.form) for name in fingerprint.all_names for word in name.own_words}
    keys |= {f"w:{beginning} {town}" for beginning in own for town in towns}
    return frozenset(key[:LONGEST_KEY] for key in keys)


def beginning(form: str) -> str:
    """Return how a word begins, alike for `mueller` and `muller`, which both are Müller."""
    head = form[:8]
    for spelt, letter in _UMLAUTS:
        head = head.replace(spelt, letter)
    return head[:4]


def block_cap(key: str) -> int:
    """Return up to how many under a key are each compared with each."""
    return LOOSE_CAP if key[0] in _LOOSE else BLOCK_CAP


def group_by_key(fingerprints: Iterable[Fingerprint]) -> dict[str, list[Fingerprint]]:
    """Return which sightings stand under which key."""
    blocks: dict[str, list[Fingerprint]] = {}
    for fingerprint in fingerprints:
        for key in block_keys(fingerprint):
            blocks.setdefault(key, []).append(fingerprint)
    return blocks


def candidate_pairs(
    blocks: Mapping[str, list[Fingerprint]], home: Mapping[int, int]
) -> Iterator[tuple[Fingerprint, Fingerprint]]:
    """Yield each pair worth comparing once, the lower record id first.

    `home` tells the firm of those sightings (ids of records) that have one; pairs at home in one firm
    are left out.
    """
    seen: set[tuple[int, int]] = set()
    for key, members in _finer(blocks):
        for one, other in _pairs_within(members, block_cap(key)):
            a, b = (one, other) if one.record_id < other.record_id else (other, one)
            ids = (a.record_id, b.record_id)
            firm = home.get(a.record_id)
            if ids in seen or (firm is not None and firm == home.get(b.record_id)):
                continue
            if key[0] in _NEEDS_A_WORD and not _share_a_word(a, b):
                continue
            seen.add(ids)
            yield a, b


def _finer(blocks: Mapping[str, list[Fingerprint]]) -> Iterator[tuple[str, list[Fingerprint]]]:
    """Yield the blocks, those of streets by how the words begin that names there have of their own."""
    for key, members in blocks.items():
        if key[0] != "s":
            yield key, members
            continue
        by_beginning: dict[str, list[Fingerprint]] = {}
        for member in members:
            own = (word.form[:2] for name in member.all_names for word in name.own_words)
            for beginning in set(own):
                by_beginning.setdefault(beginning, []).append(member)
        for some in by_beginning.values():
            yield key, some


def _share_a_word(a: Fingerprint, b: Fingerprint) -> bool:
    return are_words_shared(list_own_words(a), list_own_words(b))


def are_words_shared(some: Iterable[str], others: Collection[str]) -> bool:
    """Say whether two names have one of these words in common, give or take two letters."""
    return any(
        one == other
        or (
            one[:2] == other[:2]
            and abs(len(one) - len(other)) <= EDITS
            and levenshtein(one, other, max_edits=EDITS) <= EDITS
        )
        for one in some
        for other in others
    )


def list_own_words(fingerprint: Fingerprint) -> list[str]:
    """Return the words that a sighting's names have of their own, in canonical form."""
    return [word.form for name in fingerprint.all_names for word in name.own_words]


def _pairs_within(
    members: list[Fingerprint], cap: int
) -> Iterator[tuple[Fingerprint, Fingerprint]]:
    reach = len(members)
    if reach > cap:
        members = sorted(members, key=lambda f: (f.name.key, f.record_id))
        reach = WINDOW
    for at, a in enumerate(members):
        for b in members[at + 1 : at + 1 + reach]:
            yield a, b


def count_crowd(blocks: Mapping[str, list[Fingerprint]]) -> dict[str, int]:
    """Count for each domain, mail address, phone and street how many firms seem to share it.

    Variants of one name begin with the same word of their own, so different beginnings are counted. A
    phone that rings in different streets is a head office's, a mail address of differently placed outlets
    their brand's; a street is shared when both names and
    phones differ.
    """
    crowd: dict[str, int] = {}
    for key, members in blocks.items():
        if len(members) < 2 or key[0] not in "adenps":
            continue
        if key[0] == "n":
            crowd[key] = _count_bearers(members)
            by_city: dict[str | None, list[Fingerprint]] = {}
            for member in members:
                by_city.setdefault(member.city, []).append(member)
            for city, there in by_city.items():
                crowd[f"m:{key[2:]} {city}"] = _count_bearers(there)
            continue
        firms = len({member.leading_word for member in members})
        if key[0] == "p":
            firms = max(firms, len({member.street.key for member in members if member.street}))
        if key[0] in "de":
            outlets = len({member.name.places for member in members} - {frozenset()})
            if key[0] == "e":
                firms = max(firms, outlets)
            else:
                crowd[f"o:{key[2:]}"] = outlets
        if key[0] in "as":
            phones = {min(member.phones) for member in members if member.phones}
            firms = min(firms, len(phones) or firms)
        crowd[key] = firms
    for key, members in blocks.items():
        if key[0] == "n" and any(is_of_brand(member, crowd) for member in members):
            crowd[f"b:{key[2:]}"] = 1
    return crowd


def is_of_brand(fingerprint: Fingerprint, crowd: Mapping[str, int]) -> bool:
    """Say whether a sighting's domain is one at which names tell several places, by `count_crowd`."""
    domains = (fingerprint.domain, *fingerprint.mail_domains)
    return any(crowd.get(f"o:{domain}", 0) >= BRAND for domain in domains)


def _count_bearers(members: list[Fingerprint]) -> int:
    """Count the firms that seem to bear one name, by what a firm has one of as a rule."""
    return max(
        1,
        len({member.domain for member in members} - {None}),
        len({min(member.phones) for member in members if member.phones}),
        len({member.street.key for member in members if member.street}),
    )
