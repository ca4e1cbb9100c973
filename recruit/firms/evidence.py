"""Evidence: what each kind of value says when two sightings are held side by side, in bits.

The points are weights set by hand and checked against truth sets: what agrees is worth about log2 of
how much likelier it is for one firm than for two, what differs takes away. A missing value says nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from rigour.addresses import compare_address

from recruit.firms.domains import domain_label
from recruit.firms.fingerprint import Fingerprint, Street, shape_of
from recruit.firms.likeness import NameLevel, NameLikeness, compare_names
from recruit.firms.rarity import Rarity


@dataclass(frozen=True)
class Surroundings:
    """What is known about all sightings, to tell what is rare.

    `crowd` tells of a domain, mail address, phone or street (by blocking key) how many different firms
    seem to share it: 1 is nobody else. Under `o:` and a domain it tells in how many different places
    names there have it; under `b:` and a name's key, that it is the name of a brand's outlet; under
    `m:`, a name's key and a city, how many firms there bear the name.
    """

    rarity: Rarity = field(default_factory=Rarity)
    crowd: Mapping[str, int] = field(default_factory=dict)

    def doublings(self, key: str) -> float:
        """Return how many times over more firms share `key` than one firm under two names."""
        return max(0.0, math.log2(self.crowd.get(key, 1)) - 1)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one kind of value says: its `points` in bits, and a short `reason`.

    `identifies`: belongs to one firm alone, so that a link rests on it and not on the name.
    `corroborates`: makes a name that others may bear believable.
    `contradicts`: speaks plainly against.
    """

    points: float
    reason: str = ""
    identifies: bool = False
    corroborates: bool = False
    contradicts: bool = False


_NOTHING = Evidence(0.0)


def _shared(points: float, most: float, reason: str) -> Evidence:
    """Return the evidence of something shared: crowded down to half its worth, it is nobody's own."""
    own = points > most / 2
    return Evidence(max(0.0, points), reason, identifies=own, corroborates=own)


# One registered domain is one firm: this carries a pair over other names and another country.
SAME_DOMAIN = 27.0
CROWDED_DOMAIN = -6.0
SAME_MAIL_DOMAIN = 16.0
# Names with so many different places at one domain are outlets of a brand, and firms of their own.
BRAND = 3
TWO_OUTLETS = -12.0
BIG_BRAND = 8
ONE_OUTLET = -6.0
OTHER_DOMAIN = -10.0
OTHER_ENDING = -2.0
SAME_EMAIL = 14.0
SAME_PHONE = 13.0
CROWDED_PHONE = -3.0
OTHER_PHONE = -2.0
SAME_STREET = 12.0
CROWDED_STREET = -3.0
NEAR_STREET = 2.0
OTHER_STREET = -9.0
SAME_POSTCODE = 5.0
OTHER_POSTCODE = -1.0
SAME_CITY = 3.0
OTHER_CITY = -2.0
SAME_COUNTRY = 2.0
OTHER_COUNTRY = -8.0
OTHER_LEGAL_FORM = -5.0
# A register counts each firm once, but a number is easily that of the parent or of a branch.
SAME_REGISTRY_ID = 24.0
OTHER_REGISTRY_ID = -8.0

# A whole name that agrees tells more than its words: nothing else is in it.
WHOLE_NAME = {NameLevel.SAME: 8.0, NameLevel.SPELLING: 2.0, NameLevel.CORE: 3.0}
# By how many firms seem to bear it: "Smith Consulting" is in every town.
CROWDED_NAME = -3.0
# How much rarer a firm's namesakes are in its town than anywhere, in doublings.
ONE_TOWN = 2.0
# Sharing a word of their own speaks for two names, whatever else each says.
SHORTENED_NAME = 6.0
RELATED_NAME = 3.0
UNLIKE_NAME = -6.0
# "IBM" is International Business Machines where something else agrees, and many others where nothing does.
INITIALS = 4.0
# Words that only one name has are often just left out by the other.
APART = 0.5
OTHER_NUMBER = -6.0
OTHER_PLACE = -8.0
# However many common words agree, together they are worth no more than this.
MOST_FOR_COMMON_WORDS = 5.0

# Two strings are one address from this similarity on; rigour's own measurements say 0.3, but offices
# in one street matter more to us than misspelt streets.
ONE_ADDRESS = 0.5
# Houses that a registry and a web page may number differently.
NEXT_DOOR = 40


def weigh_names(
    a: Fingerprint, b: Fingerprint, around: Surroundings
) -> tuple[Evidence, NameLikeness]:
    """Weigh the names of today and those that the firms went by: the two that agree best count."""
    best: tuple[Evidence, NameLikeness] | None = None
    for one in a.all_names:
        for other in b.all_names:
            likeness = compare_names(one, other, around.rarity)
            x = a if one is a.name else replace(a, name=one)
            y = b if other is b.name else replace(b, name=other)
            weighed = weigh_name(x, y, likeness, around)
            if best is None or weighed.points > best[0].points:
                best = weighed, likeness
    assert best is not None
    return best


def name_crowding(a: Fingerprint, b: Fingerprint, around: Surroundings) -> float:
    """Return in doublings how many firms seem to bear one of these names, in their town if it is one."""
    anywhere = max(around.doublings(f"n:{one.name.key}") for one in (a, b))
    if not a.city or a.city != b.city:
        return anywhere
    here = max(around.doublings(f"m:{one.name.key} {one.city}") for one in (a, b))
    # Where all bear a name, two in one town may bear it before both have been seen.
    return max(here, anywhere - ONE_TOWN)


def weigh_name(
    a: Fingerprint, b: Fingerprint, likeness: NameLikeness, around: Surroundings
) -> Evidence:
    """Weigh the likeness of two names."""
    agreed = min(likeness.agreed, around.rarity.population_bits)
    if not likeness.distinctive:
        agreed = min(agreed, MOST_FOR_COMMON_WORDS)
    whole = WHOLE_NAME.get(likeness.level, 0.0)
    if likeness.level is NameLevel.SPELLING:
        whole *= likeness.share
    if likeness.level is NameLevel.SAME:
        whole += CROWDED_NAME * name_crowding(a, b, around)
    points = agreed + whole - APART * likeness.apart
    if likeness.distinctive:
        points = max(points, SHORTENED_NAME if likeness.within else RELATED_NAME)
    points += OTHER_NUMBER * likeness.numbers_differ + OTHER_PLACE * likeness.places_differ
    points = max(points, INITIALS if likeness.initials else UNLIKE_NAME)
    if a.name.text == b.name.text:
        return Evidence(points, f"same name “{a.name.text}”")
    sign = "=" if likeness.level is NameLevel.SAME else "~" if likeness.alike else "≠"
    return Evidence(points, f"name “{a.name.text}” {sign} “{b.name.text}”")


def compare_domains(a: Fingerprint, b: Fingerprint, around: Surroundings) -> Evidence:
    """Compare websites' domains; where one has none, the domain of its mail addresses stands in."""
    if a.domain and b.domain:
        if a.domain == b.domain:
            return _weigh_domain(a, b, a.domain, SAME_DOMAIN, around, "same domain")
        if domain_label(a.domain) == domain_label(b.domain):
            # acme.com and acme.io may be one firm or two: the name alone cannot tell.
            reason = f"domains {a.domain} and {b.domain}"
            return Evidence(OTHER_ENDING, reason, contradicts=True)
        reason = f"other domain: {a.domain}, {b.domain}"
        return Evidence(OTHER_DOMAIN, reason, contradicts=True)
    shared = (a.mail_domains | {a.domain}) & (b.mail_domains | {b.domain}) - {None}
    if not shared:
        brand = any(around.crowd.get(f"b:{one.name.key}") for one in (a, b))
        if brand and a.name.places and b.name.places:
            return Evidence(TWO_OUTLETS, "outlets of a brand")
        return _NOTHING
    found = [
        _weigh_domain(a, b, domain, SAME_MAIL_DOMAIN, around, "same mail domain")
        for domain in sorted(domain for domain in shared if domain)
    ]
    return max(found, key=lambda evidence: evidence.points)


def _weigh_domain(
    a: Fingerprint, b: Fingerprint, domain: str, most: float, around: Surroundings, same: str
) -> Evidence:
    """Weigh a shared domain: a brand's outlets, which are called by their places, all have the brand's."""
    outlets = around.crowd.get(f"o:{domain}", 0)
    placed = bool(a.name.places) + bool(b.name.places)
    if outlets >= BRAND and placed == 2:
        # A brand may have several in one town, called alike.
        reason = f"outlets at {domain}"
        return Evidence(TWO_OUTLETS, reason, contradicts=a.name.places != b.name.places)
    if outlets >= BIG_BRAND and placed == 1:
        return Evidence(ONE_OUTLET, f"an outlet at {domain}")
    crowding = around.doublings(f"d:{domain}")
    if placed:
        crowding = max(crowding, around.doublings(f"o:{domain}"))
    elif outlets >= BIG_BRAND:
        # A head office, or outlets that are called by the brand alone.
        crowding = max(crowding, around.doublings(f"o:{domain}") - 1)
    return _shared(most + CROWDED_DOMAIN * crowding, most, f"{same} {domain}")


def compare_emails(a: Fingerprint, b: Fingerprint, around: Surroundings) -> Evidence:
    """Compare mail addresses: people and firms share none."""
    shared = a.emails & b.emails
    if not shared:
        return _NOTHING
    email = min(shared, key=lambda e: (around.doublings(f"e:{e}"), e))
    points = SAME_EMAIL + CROWDED_PHONE * around.doublings(f"e:{email}")
    return _shared(points, SAME_EMAIL, f"same mail address {email}")


def compare_phones(a: Fingerprint, b: Fingerprint, around: Surroundings) -> Evidence:
    """Compare phone numbers; a head office's number stands at each of its branches."""
    shared = a.phones & b.phones
    if shared:
        phone = min(shared, key=lambda p: (around.doublings(f"p:{p}"), p))
        points = SAME_PHONE + CROWDED_PHONE * around.doublings(f"p:{phone}")
        return _shared(points, SAME_PHONE, f"same phone …{phone}")
    return Evidence(OTHER_PHONE if a.phones and b.phones else 0.0)


def compare_streets(a: Fingerprint, b: Fingerprint, around: Surroundings) -> Evidence:
    """Compare street addresses; many firms share an office tower."""
    if a.street is None or b.street is None or _elsewhere(a, b):
        return _NOTHING
    if compare_address(a.street.text, b.street.text) >= ONE_ADDRESS:
        points = SAME_STREET + CROWDED_STREET * _crowding(a, b, a.street, around)
        return _shared(points, SAME_STREET, f"same address {a.street.text}")
    if _next_door(a.street, b.street):
        return Evidence(NEAR_STREET, f"near addresses {a.street.text}, {b.street.text}")
    return Evidence(OTHER_STREET, f"other address: {a.street.text}, {b.street.text}")


def _crowding(a: Fingerprint, b: Fingerprint, street: Street, around: Surroundings) -> float:
    towns = a.towns & b.towns
    if not towns:
        return around.doublings(f"s:{street.key}")
    return max(around.doublings(f"a:{street.key} {town}") for town in towns)


def _elsewhere(a: Fingerprint, b: Fingerprint) -> bool:
    """Say whether both are known to be in different cities.

    Where only one city is known to GeoNames the other may be the same under a name without its country.
    """
    if not a.city or not b.city or a.city == b.city:
        return False
    return a.city.isdecimal() == b.city.isdecimal()


def _next_door(a: Street, b: Street) -> bool:
    if a.house is None or b.house is None or a.name != b.name:
        return False
    return abs(a.house - b.house) <= NEXT_DOOR


def compare_places(a: Fingerprint, b: Fingerprint) -> tuple[Evidence, Evidence, Evidence]:
    """Compare postcode, city and country."""
    postcode = city = country = _NOTHING
    if a.postcode and b.postcode:
        if a.postcode == b.postcode:
            postcode = Evidence(SAME_POSTCODE, f"same postcode {a.postcode}", corroborates=True)
        else:
            postcode = Evidence(OTHER_POSTCODE)
    if a.city and b.city:
        if a.city == b.city:
            # A name of a place is a place where its country is known, by GeoNames or because it is stated.
            known = a.city.isdecimal() or (bool(a.country) and a.country == b.country)
            city = Evidence(SAME_CITY, "same city", corroborates=known)
        elif _elsewhere(a, b):
            city = Evidence(OTHER_CITY, "other city")
    if a.country and b.country:
        if a.country == b.country:
            country = Evidence(SAME_COUNTRY, f"same country {a.country}")
        else:
            reason = f"other country: {a.country}, {b.country}"
            country = Evidence(OTHER_COUNTRY, reason, contradicts=True)
    return postcode, city, country


def compare_registry_ids(a: Fingerprint, b: Fingerprint) -> Evidence:
    """Compare numbers in registers; different ones speak against only where they look alike."""
    shared = a.registry_ids & b.registry_ids
    if shared:
        return Evidence(
            SAME_REGISTRY_ID,
            f"same registry number {min(shared)}",
            identifies=True,
            corroborates=True,
        )
    if {shape_of(i) for i in a.registry_ids} & {shape_of(i) for i in b.registry_ids}:
        reason = f"other registry number: {min(a.registry_ids)}, {min(b.registry_ids)}"
        return Evidence(OTHER_REGISTRY_ID, reason, contradicts=True)
    return _NOTHING


def compare_legal_forms(a: Fingerprint, b: Fingerprint) -> Evidence:
    """Compare legal forms: a GmbH is no Pvt. Ltd., but "Co., Ltd." may be cut to "Ltd."."""
    if not a.name.legal_form or not b.name.legal_form:
        return _NOTHING
    one, other = plain_form(a.name.legal_form), plain_form(b.name.legal_form)
    if not one or not other or one in other or other in one:
        return _NOTHING
    return Evidence(OTHER_LEGAL_FORM, f"other legal form: {a.name.legal_form}, {b.name.legal_form}")


@lru_cache(maxsize=4096)
def plain_form(legal_form: str) -> str:
    """Return a legal form as it is compared: letters and digits in lower case."""
    return "".join(c for c in legal_form.casefold() if c.isalnum())
