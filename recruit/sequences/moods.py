"""What a person's answer says: yes, no, later, ask someone else, leave us alone. Pure.

A wish for no more mail is a rule over `mood_words.toml`, because it is obeyed at once. The mood is a guess of
a small model with a confidence, which a person confirms: a logistic regression over words, pairs of words and
the phrases of the same file, kept as tables in `mood_model.json`. `tools/train_moods.py` fits it.
"""

import json
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from recruit.mail.phrases import phrase_pattern, plain_words
from recruit.sequences.values import Mood

# In a longer mail "unsubscribe" may be about something else ("how do your users unsubscribe?").
_LEAST_WORDS_TO_DOUBT = 60
_MIXED, _SUREST = 0.55, 0.99
_PHRASED = ("~negative", "~later", "~referral", "~positive")
_ASKS = re.compile(r"\b(how|wie|comment|cómo|come|como|hoe)\b[^.?!\n]{0,80}\?", re.IGNORECASE)


@dataclass(frozen=True)
class Judgement:
    """A mood and how sure the model is (0 to 1). `leave_alone`: the writer wants no more mail."""

    mood: Mood
    confidence: float
    leave_alone: bool = False


def judge_mood(text: str) -> Judgement:
    """Judge the new text of a person's answer."""
    # A question about unsubscribing is no wish.
    if _phrases()["leave_alone"].search(plain_words(_ASKS.sub(" ", text[:6000]))):
        short = len(text.split()) < _LEAST_WORDS_TO_DOUBT
        return Judgement(Mood.NEGATIVE, 0.95 if short else 0.7, leave_alone=True)
    told = probabilities(text, _tables())
    mood = max(told, key=lambda candidate: told[candidate])
    # "Interesting, but not right now": whoever says two things is left to a person.
    mixed = sum(name in features(text) for name in _PHRASED) > 1
    return Judgement(mood, round(min(told[mood], _MIXED if mixed else _SUREST), 3))


def probabilities(text: str, tables: Mapping[str, Any]) -> dict[Mood, float]:
    """Return how likely each mood is by these tables; they sum to 1."""
    sums = list(tables["intercepts"])
    weights: Mapping[str, list[float]] = tables["weights"]
    for name, value in features(text).items():
        for i, weight in enumerate(weights.get(name, ())):
            sums[i] += weight * value
    highest = max(sums)
    powers = [math.exp((s - highest) / tables["temperature"]) for s in sums]
    total = sum(powers)
    return {Mood(mood): power / total for mood, power in zip(tables["moods"], powers, strict=True)}


def features(text: str) -> dict[str, float]:
    """Return the features of a text: "~mood" counts its phrases, a word or pair weighs by the text's length."""
    plain = plain_words(text)
    words = plain.split()[:200]
    found: dict[str, float] = {}
    rest = plain
    # "not interested" is no "interested": what one table has read is gone for the next.
    for name in _PHRASED:
        pattern = _phrases()[name.lstrip("~")]
        hits = len(pattern.findall(rest))
        if hits:
            found[name] = math.sqrt(min(hits, 4))
            rest = pattern.sub(" | ", rest)
    if "?" in text:
        found["~question"] = 1.0
    found["~short"] = 1.0 if len(words) <= 3 else 0.0
    weight = 1.0 / math.sqrt(max(len(words), 4))
    for name in {*words, *(f"{a} {b}" for a, b in pairwise(words))}:
        found[name] = weight
    return found


@cache
def _phrases() -> dict[str, re.Pattern[str]]:
    text = files("recruit.sequences").joinpath("mood_words.toml").read_text(encoding="utf-8")
    return {name: phrase_pattern(phrases) for name, phrases in tomllib.loads(text).items()}


@cache
def _tables() -> dict[str, Any]:
    text = files("recruit.sequences").joinpath("mood_model.json").read_text(encoding="utf-8")
    tables: dict[str, Any] = json.loads(text)
    return tables
