"""Blocking: which sightings are worth comparing at all.

Two are, when they share a key: a domain, a mail address, a phone, a street, a whole name, or a word of
their own in one town. A key that very many share tells little; its sightings are then compared with
their neighbours in the order of names only, so that the work stays proportional to the sightings.
"""

from collections.abc import Iterable, Iterator, Mapping

from recruit.firms.fingerprint import Fingerprint

# Up to so many sightings of one key, each is compared with each.
BLOCK_CAP = 60
# In a bigger block each is compared with so many that follow by name.
_WINDOW = 8
_LONGEST_KEY = 100


def block_keys(fingerprint: Fingerprint) -> frozenset[str]:
    """Return the keys under which a sighting is looked up; the letter in front says of what kind."""
    name = fingerprint.name
    keys = {f"n:{name.key}", f"n:{name.compact}"}
    keys |= {f"d:{domain}" for domain in (fingerprint.domain, *fingerprint.mail_domains) if domain}
    keys |= {f"e:{email}" for email in fingerprint.emails}
    keys |= {f"p:{phone}" for phone in fingerprint.phones}
    if fingerprint.street and fingerprint.street.house is not None:
        keys.add(f"a:{fingerprint.street.key}")
    towns = [town for town in (fingerprint.city, fingerprint.postcode) if town]
    # The beginning of a word survives most misspellings.
    keys |= {f"w:{word.form[:4]} {town}" for word in name.own_words for town in towns}
    return frozenset(key[:_LONGEST_KEY] for key in keys)


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
    for members in blocks.values():
        for one, other in _pairs_within(members):
            a, b = (one, other) if one.record_id < other.record_id else (other, one)
            ids = (a.record_id, b.record_id)
            firm = home.get(a.record_id)
            if ids in seen or (firm is not None and firm == home.get(b.record_id)):
                continue
            seen.add(ids)
            yield a, b


def _pairs_within(members: list[Fingerprint]) -> Iterator[tuple[Fingerprint, Fingerprint]]:
    reach = len(members)
    if reach > BLOCK_CAP:
        members = sorted(members, key=lambda f: (f.name.key, f.record_id))
        reach = _WINDOW
    for at, a in enumerate(members):
        for b in members[at + 1 : at + 1 + reach]:
            yield a, b


def count_crowd(blocks: Mapping[str, list[Fingerprint]]) -> dict[str, int]:
    """Count for each domain, mail address, phone and street how many firms seem to share it.

    Variants of one name begin with the same word of their own, so different beginnings are counted. A
    phone that rings in different streets is a head office's; a street is shared when both names and
    phones differ.
    """
    crowd: dict[str, int] = {}
    for key, members in blocks.items():
        if len(members) < 2 or key[0] not in "depa":
            continue
        firms = len({member.leading_word for member in members})
        if key[0] == "p":
            firms = max(firms, len({member.street.key for member in members if member.street}))
        if key[0] == "a":
            phones = {min(member.phones) for member in members if member.phones}
            firms = min(firms, len(phones) or firms)
        crowd[key] = firms
    return crowd
