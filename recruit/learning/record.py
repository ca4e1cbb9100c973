"""What is kept of a trained model beside its tables: where it comes from, how good it was, what it may say."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from recruit.learning.calibration import Sigmoid
from recruit.learning.measures import Interval, lift_steps, reliability
from recruit.learning.values import Kind
from recruit.learning.verdict import Trust, Verdict, stands_on

if TYPE_CHECKING:
    from recruit.learning.backtest import Backtest, Trial


@dataclass(frozen=True)
class DataWindow:
    """The rows that a model was trained on. `first_on` and `last_on` are dates, empty where rows have no time."""

    source: str
    rows: int
    positives: int
    first_on: str
    last_on: str
    sha256: str
    unknown: int
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TrialRecord:
    """A trial of the backtest as it is kept: its measures, its lift and its reliability."""

    kind: Kind
    auc: Interval
    blocks: tuple[float, ...]
    error: float | None
    rolling_error: float
    loss: float
    lift: tuple[dict[str, float], ...]
    reliability: tuple[dict[str, float], ...]


@dataclass(frozen=True)
class ModelRecord:
    """A model's `metrics.json`.

    `outcome` says in words what it foretells, `asked` how its outcomes are gathered ({} for a table). `spread` holds what drift is judged by: the rows in each part of a column."""

    name: str
    parent: str
    kind: Kind
    outcome: str
    asked: Mapping[str, Any]
    profile: str
    profile_version: int | None
    created_at: str
    created_by: str
    data: DataWindow
    features: tuple[str, ...]
    tested: int
    tested_positives: int
    trials: tuple[TrialRecord, ...]
    random_order_auc: float | None
    sigmoid: Sigmoid
    verdict: Verdict
    limits: tuple[str, ...]
    spread: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tables_sha256: str = ""

    @property
    def trial(self) -> TrialRecord:
        """Return the trial of the model's own kind."""
        return next(t for t in self.trials if t.kind is self.kind)

    @property
    def stands_on(self) -> str:
        """Return in plain words on how many outcomes its probabilities stand."""
        return stands_on(self.data.rows, self.data.positives)

    def find_trial(self, kind: Kind) -> TrialRecord | None:
        """Return the trial of a kind, None where it was not tried."""
        return next((t for t in self.trials if t.kind is kind), None)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "ModelRecord":
        """Read what `to_json` wrote; raises KeyError, TypeError or ValueError where it is something else."""
        data = dict(told["data"])
        data["left_out"] = tuple((a, b) for a, b in data["left_out"])
        return cls(
            **(
                dict(told)
                | {
                    "kind": Kind(told["kind"]),
                    "data": DataWindow(**data),
                    "features": tuple(told["features"]),
                    "trials": tuple(_trial_from(t) for t in told["trials"]),
                    "sigmoid": Sigmoid(**told["sigmoid"]),
                    "verdict": Verdict(
                        Trust(told["verdict"]["trust"]), told["verdict"]["sentence"]
                    ),
                    "limits": tuple(told["limits"]),
                }
            )
        )


def _trial_from(told: Mapping[str, Any]) -> TrialRecord:
    return TrialRecord(
        **(
            dict(told)
            | {
                "kind": Kind(told["kind"]),
                "auc": Interval(**told["auc"]),
                "blocks": tuple(told["blocks"]),
                "lift": tuple(told["lift"]),
                "reliability": tuple(told["reliability"]),
            }
        )
    )


def record_trials(backtest: "Backtest") -> tuple[TrialRecord, ...]:
    """Return the trials as they are kept, the declared points first."""
    return tuple(
        _record_trial(backtest, backtest.trials[kind]) for kind in Kind if kind in backtest.trials
    )


def _record_trial(backtest: "Backtest", trial: "Trial") -> TrialRecord:
    return TrialRecord(
        kind=trial.kind,
        auc=trial.interval,
        blocks=trial.blocks,
        error=trial.error,
        rolling_error=trial.rolling_error,
        loss=trial.loss,
        lift=tuple(asdict(step) for step in lift_steps(backtest.y, trial.logit)),
        reliability=tuple(asdict(part) for part in reliability(backtest.y, trial.rolling)),
    )
