"""The blocking keys and the words of very many sightings, as later runs look them up."""

from collections.abc import Iterable, Iterator

from recruit.firms.blocking import LONGEST_KEY, beginning
from recruit.firms.bulk.sheet import OWN, Sheet


def list_keys(sheet: Sheet, rows: Iterable[int]) -> Iterator[tuple[int, set[str]]]:
    """Yield the ids of sightings with their blocking keys, as `blocking.block_keys` gives them."""
    spellings, towns = sheet.spellings.values, sheet.towns.values
    domains, emails, phones = (
        sheet.all_domains.values,
        sheet.all_emails.values,
        sheet.all_phones.values,
    )
    numbers = sheet.all_registry_ids.values
    streets = [
        street.key if street.house is not None else None for street in sheet.all_streets.values
    ]
    beginnings = [
        beginning(word.form) if kind == OWN else None
        for word, kind in zip(sheet.word_values, sheet.kind.tolist(), strict=True)
    ]
    for row in rows:
        names = [name for name in sheet.names_of[row].tolist() if name >= 0]
        keys = {f"r:{numbers[code]}" for code in sheet.registry_id[row].tolist() if code >= 0}
        keys |= {f"n:{spellings[sheet.key[name]]}" for name in names}
        keys |= {f"n:{spellings[sheet.compact[name]]}" for name in names}
        keys |= {f"f:{spellings[sheet.lead[name]]}" for name in names}
        keys |= {f"d:{domains[code]}" for code in sheet.domains[row].tolist() if code >= 0}
        keys |= {f"e:{emails[code]}" for code in sheet.email[row].tolist() if code >= 0}
        keys |= {f"p:{phones[code]}" for code in sheet.phone[row].tolist() if code >= 0}
        here = [towns[code] for code in (sheet.city[row], sheet.postcode[row]) if code >= 0]
        street = streets[sheet.street[row]] if sheet.street[row] >= 0 else None
        if street is not None:
            keys.add(f"s:{street}")
            keys |= {f"a:{street} {town}" for town in here}
        words = {beginnings[word] for name in names for word in sheet.said[name]}
        keys |= {f"w:{word} {town}" for word in words if word for town in here}
        yield int(sheet.record_id[row]), {key[:LONGEST_KEY] for key in keys}


def list_name_words(sheet: Sheet) -> dict[str, list[str]]:
    """Return which words stand in which name, by its key."""
    forms = [word.form for word in sheet.word_values]
    spellings = sheet.spellings.values
    return {
        spellings[key]: [forms[word] for word in words]
        for key, words in zip(sheet.key.tolist(), sheet.said, strict=True)
    }
