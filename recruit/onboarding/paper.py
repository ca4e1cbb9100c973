"""The paper of one attempt: which questions are asked, in which order; the same whenever it is drawn again."""

import hashlib
from dataclasses import dataclass, replace

from recruit.onboarding.course import Question, QuestionKind, Quiz


@dataclass(frozen=True)
class Paper:
    """The questions that a person is asked, their options as they are shown."""

    questions: tuple[Question, ...]


def seed_of(person_id: int, definition_hash: str, cycle: int, number: int) -> str:
    """Return what an attempt's paper is drawn by: known from the attempt's own row, so never stored."""
    return f"{person_id}:{definition_hash}:{cycle}:{number}"


def draw_paper(quiz: Quiz, seed: str) -> Paper:
    """Return the paper that a seed draws.

    What comes first has the smallest hash with the seed: that stays the same in every version of
    Python, as `random` does not promise.
    """
    asked = []
    for question in quiz.questions:
        if question.pool and question.key not in _drawn(quiz, question.pool, seed):
            continue
        # An order question in its file's order could give its answer away.
        if quiz.shuffle or question.kind is QuestionKind.ORDER:
            asked.append(replace(question, options=_shuffled(question, seed)))
        else:
            asked.append(question)
    if quiz.shuffle:
        asked.sort(key=lambda q: _rank(seed, q.key))
    return Paper(tuple(asked))


def _shuffled(question: Question, seed: str) -> tuple[str, ...]:
    return tuple(sorted(question.options, key=lambda option: _rank(seed, question.key, option)))


def _drawn(quiz: Quiz, pool: str, seed: str) -> set[str]:
    keys = [q.key for q in quiz.questions if q.pool == pool]
    return set(sorted(keys, key=lambda key: _rank(seed, "pool", key))[: quiz.draw[pool]])


def _rank(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()
