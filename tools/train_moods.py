"""Fit the mood model from the written answers and put its tables into the package.

    python tools/train_moods.py            # fits, judges, writes recruit/sequences/mood_model.json and the card

`tools/moods/answers.jsonl` holds short answers that were written for this purpose, with a mood each. A third,
chosen by hash, is held out: the model is judged on it once, then fitted on everything for the package.
"""

import hashlib
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from recruit.sequences.moods import features
from recruit.sequences.values import Mood

_HERE = Path(__file__).parent / "moods"
_TABLES = Path(__file__).parents[1] / "recruit" / "sequences" / "mood_model.json"
_MOODS = [mood.value for mood in Mood]
_LEAST_TEXTS = 2


def is_held_out(text: str) -> bool:
    """Return whether an answer belongs to the third that is only judged."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 3 == 2


def fit(answers: list[dict[str, str]], temperature: float = 1.0) -> dict[str, Any]:
    """Return the tables of a multinomial logistic regression over the features of the texts."""
    rows = [features(answer["text"]) for answer in answers]
    seen = Counter(name for row in rows for name in row)
    names = sorted(name for name, count in seen.items() if count >= _LEAST_TEXTS or name[0] == "~")
    index = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(rows), len(names)))
    for i, row in enumerate(rows):
        for name, value in row.items():
            if name in index:
                matrix[i, index[name]] = value
    model = LogisticRegression(C=4.0, max_iter=2000)
    model.fit(matrix, [_MOODS.index(answer["mood"]) for answer in answers])
    weights = {name: [round(float(w), 4) for w in model.coef_[:, i]] for name, i in index.items()}
    return {
        "moods": _MOODS,
        "intercepts": [round(float(b), 4) for b in model.intercept_],
        "temperature": temperature,
        "weights": {name: row for name, row in weights.items() if any(row)},
    }


def find_temperature(answers: list[dict[str, str]]) -> float:
    """Return by how much the model has to be less sure, found by five-fold cross-validation."""
    folds = [(answers[i::5], [a for j, a in enumerate(answers) if j % 5 != i]) for i in range(5)]
    fitted = [(fold, fit(rest)) for fold, rest in folds]
    candidates = [1.0, 1.25, 1.5, 2.0, 2.5, 3.0]

    def loss(temperature: float) -> float:
        scores = [judge(t | {"temperature": temperature}, fold)["log_loss"] for fold, t in fitted]
        return float(np.mean(scores))

    return min(candidates, key=loss)


def judge(tables: dict[str, Any], answers: list[dict[str, str]]) -> dict[str, Any]:
    """Return accuracy, log loss and calibration of tables on answers."""
    from recruit.sequences.moods import probabilities

    right: list[bool] = []
    sure: list[float] = []
    loss = 0.0
    wrong: Counter[str] = Counter()
    for answer in answers:
        told = probabilities(answer["text"], tables)
        best = max(told, key=lambda mood: told[mood])
        right.append(best.value == answer["mood"])
        sure.append(told[best])
        loss -= math.log(max(told[Mood(answer["mood"])], 1e-9))
        if not right[-1]:
            wrong[f"{answer['mood']} taken for {best.value}"] += 1
    confident = [r for r, s in zip(right, sure, strict=True) if s >= 0.8]
    return {
        "answers": len(answers),
        "accuracy": round(sum(right) / len(right), 3),
        "log_loss": round(loss / len(right), 3),
        "mean_confidence": round(sum(sure) / len(sure), 3),
        "confident_share": round(len(confident) / len(right), 3),
        "accuracy_where_confident": round(sum(confident) / max(len(confident), 1), 3),
        "wrong": dict(wrong.most_common()),
    }


def main() -> None:
    """Fit, judge on the held-out third, write the tables and the metrics."""
    lines = (_HERE / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    answers = [json.loads(line) for line in lines]
    open_ = [a for a in answers if not is_held_out(a["text"])]
    held = [a for a in answers if is_held_out(a["text"])]
    temperature = find_temperature(open_)
    model = fit(open_, temperature)
    metrics = {"held_out": judge(model, held), "open": judge(model, open_)}
    for language in sorted({a["language"] for a in answers}):
        metrics[language] = judge(model, [a for a in held if a["language"] == language])
    (_HERE / "metrics.json").write_text(json.dumps(metrics, indent=1, ensure_ascii=False) + "\n")
    _TABLES.write_text(
        json.dumps(fit(answers, temperature), ensure_ascii=False, separators=(",", ":")) + "\n"
    )
    print(json.dumps(metrics["held_out"], indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
