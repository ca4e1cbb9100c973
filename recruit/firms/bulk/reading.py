"""From texts to a sheet: names are read here, everything else in a process beside this one."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from recruit.beside import Beside, can_work_beside
from recruit.firms.bulk.arrays import Ints, look_up
from recruit.firms.bulk.naming import Codes, ReadNames, read_names
from recruit.firms.bulk.sheet import (
    FEWEST_WORDS,
    KINDS,
    MOST_WORDS,
    OWN,
    Sheet,
    no_search_for_cycles,
)
from recruit.firms.bulk.stated import Stated, forget_stated, read_stated
from recruit.firms.bulk.texts import Texts
from recruit.firms.domains import domain_label

# Of fewer sightings another process costs more than it saves.
_WORTH_A_PROCESS = 100_000


def read_sheet(texts: Texts) -> Sheet:
    """Read what sightings state into columns; of `texts` only the ids of records are left.

    Both together would need twice the room.
    """
    with no_search_for_cycles():
        return _read_sheet(texts)


def _read_sheet(texts: Texts) -> Sheet:
    stated = _start_reading(texts)
    texts_of_names = Codes()
    name = texts_of_names.all_of(texts.names)
    other_names = _other_names(texts, texts_of_names)
    texts.names = []
    names = texts_of_names.values
    read = read_names(names)
    # Rows stand in the order in which a crowded key's sightings are compared.
    record_id = np.asarray(texts.record_ids, np.int64)
    keys = Codes()
    key = keys.all_of(read.keys)
    place = np.empty(len(keys), np.int32)
    place[sorted(range(len(keys)), key=keys.values.__getitem__)] = np.arange(len(keys))
    order = np.lexsort((record_id, place[key[name]]))
    name, other_names = name[order], other_names[order]
    columns = _read_names(read)
    for codes in ("forms", "spellings", "legal_forms"):
        columns[codes].forget()
    compacts = read.compacts
    del read, keys
    found = stated()
    domain = _own_domains(found, found.domain[order], compacts, name)
    return Sheet(
        record_id=record_id[order],
        name=name,
        domain=domain,
        domains=np.column_stack([domain, found.mail[order]]),
        email=found.email[order],
        phone=found.phone[order],
        street=found.street[order],
        postcode=found.postcode[order],
        city=found.city[order],
        country=found.country[order],
        registry_id=found.registry_id[order],
        other_names=other_names,
        odd=found.odd[order] | (other_names >= 0).any(axis=1),
        names=names,
        all_domains=found.all_domains,
        all_emails=found.all_emails,
        all_phones=found.all_phones,
        all_streets=found.all_streets,
        towns=found.towns,
        countries=found.countries,
        all_registry_ids=found.all_registry_ids,
        **columns,
    )


def _start_reading(texts: Texts) -> Callable[[], Stated]:
    """Begin to read what texts state beside names, which they no longer hold then."""
    if len(texts.record_ids) >= _WORTH_A_PROCESS and can_work_beside():
        stated = Beside(partial(read_stated, texts)).wait
        forget_stated(texts)
        return stated
    found = read_stated(texts)
    forget_stated(texts)
    return lambda: found


def _own_domains(stated: Stated, domain: Ints, compacts: list[str], name: Ints) -> Ints:
    """Leave out domains on rented ground, as `identifying_domain` does: the landlord itself keeps its own."""
    own = domain.copy()
    rented = np.flatnonzero(look_up(stated.rented.astype(np.int32), domain) > 0)
    for row in rented.tolist():
        if domain_label(stated.all_domains.values[domain[row]]) != compacts[name[row]]:
            own[row] = -1
    return own


def _other_names(texts: Texts, codes: Codes) -> Ints:
    width = max(map(len, texts.other_names.values()), default=0)
    found = np.full((len(texts.names), width), -1, np.int32)
    for at, names in texts.other_names.items():
        found[at, : len(names)] = codes.all_of(names)
    return found


def _read_names(read: ReadNames) -> dict[str, Any]:
    row = np.full((len(read.words), MOST_WORDS), -1, np.int32)
    odd = np.zeros(len(read.words), bool)
    forms, spellings, legal_forms, places = Codes(), Codes(), Codes(), Codes()
    form = forms.all_of(word.form for word in read.all_words)
    kind = np.array([KINDS.index(word.kind) for word in read.all_words], np.int32)
    form_of, is_own = form.tolist(), (kind == OWN).tolist()
    leads = []
    for at, words in enumerate(read.words):
        lead = next((word for word in words if is_own[word]), -1)
        leads.append(read.all_words[lead].form if lead >= 0 else read.keys[at])
        if len(words) > 1:
            different = tuple(dict.fromkeys(words))
            odd[at] = len(different) > MOST_WORDS or (
                len({form_of[word] for word in different}) < len(different)
            )
            # Own words find namesakes, so that they come first where not all have room.
            kept = sorted(different, key=is_own.__getitem__, reverse=True)[:MOST_WORDS]
            row[at, : len(kept)] = kept
        else:
            row[at, : len(words)] = words
    used = max(FEWEST_WORDS, int((row >= 0).sum(axis=1).max(initial=1)))
    return {
        "words": row[:, :used],
        "odd_name": odd,
        "said": read.words,
        "key": spellings.all_of(read.keys),
        "compact": spellings.all_of(read.compacts),
        "lead": spellings.all_of(leads),
        "places": places.all_of(read.places),
        "legal_form": legal_forms.all_of(read.legal_forms),
        "form": form,
        "kind": kind,
        "word_values": read.all_words,
        "forms": forms,
        "spellings": spellings,
        "legal_forms": legal_forms,
    }
