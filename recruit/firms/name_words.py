"""Which words stand in which names, as far as firms have been seen: what is rare tells firms apart."""

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select

from recruit.db.transaction import Transaction
from recruit.firms.sightings import chunks, insert_rows
from recruit.firms.tables import NameWord

_WORD_LENGTH = 100


def add_name_words(tx: Transaction, words_by_name: Mapping[str, Iterable[str]]) -> None:
    """Store which words stand in which names, for names that are not known yet."""
    known: set[str] = set()
    for names in chunks(sorted(words_by_name)):
        known.update(
            tx.session.scalars(
                select(NameWord.name_key).where(NameWord.name_key.in_(names)).distinct()
            )
        )
    insert_rows(
        tx,
        NameWord,
        [
            {"name_key": name, "word": word}
            for name, words in words_by_name.items()
            if name not in known
            for word in {word[:_WORD_LENGTH] for word in words}
        ],
    )


def count_words(tx: Transaction, words: Iterable[str]) -> dict[str, int]:
    """Return in how many different names each of these words stands."""
    counts: dict[str, int] = {}
    for chunk in chunks(sorted(set(words))):
        rows = tx.session.execute(
            select(NameWord.word, func.count())
            .where(NameWord.word.in_(chunk))
            .group_by(NameWord.word)
        )
        counts.update((word, count) for word, count in rows)
    return counts


def count_names(tx: Transaction) -> int:
    """Return how many different names are known."""
    names = select(NameWord.name_key).distinct().subquery()
    return tx.session.scalar(select(func.count()).select_from(names)) or 0
