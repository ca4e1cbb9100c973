"""Keeping likeness to the best partners up to date, for the profiles that have it as a criterion."""

from datetime import timedelta

import numpy as np

from recruit.db.transaction import Transaction
from recruit.learning.likeness import learn_likeness
from recruit.learning.store import list_best_partner_ids
from recruit.logs import get_logger
from recruit.scoring.alike_store import find_last_look, keep_likeness
from recruit.scoring.criteria.look_alike import PLENTY, LikenessTables
from recruit.scoring.reading import read_columns
from recruit.scoring.saving import get_profile
from recruit.scoring.section import ProfileError
from recruit.scoring.store import list_profile_names

# What is known of firms changes every day.
_STALE = timedelta(days=1)


def refresh_stale_likeness(tx: Transaction) -> bool:
    """Learn anew what the best partners have in common, if that is due; tell whether it has changed.

    It is due where a profile asks for it, and there are more or fewer of them, or a day has gone by.
    """
    if not any(_wants_likeness(tx, name) for name in list_profile_names(tx)):
        return False
    last = find_last_look(tx)
    partners = len(list_best_partner_ids(tx, PLENTY))
    if last is not None and last[0] == partners and tx.now - last[1] < _STALE:
        return False
    return refresh_likeness(tx)[1]


def refresh_likeness(tx: Transaction) -> tuple[LikenessTables, bool]:
    """Learn anew what the best partners have in common; return it, and whether it has changed."""
    firms = read_columns(tx)
    best = np.isin(firms.ids, np.array(sorted(list_best_partner_ids(tx, PLENTY)), np.int64))
    tables = learn_likeness(firms, best, tx.now.date())
    is_new = keep_likeness(tx, tables)
    if is_new:
        get_logger("learning").info(
            "likeness learned", version=tables.version, partners=tables.partners
        )
    return tables, is_new


def _wants_likeness(tx: Transaction, profile_name: str) -> bool:
    try:
        return get_profile(tx, profile_name=profile_name).wants_likeness
    except ProfileError:
        # A version that an earlier release could read is for its page to complain about.
        return False
