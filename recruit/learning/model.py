"""The outcome model: how likely a row is to turn out well, learned from rows whose outcome is known.

Three parts add up on the logit scale, column by column: what was declared, a straight part drawn to it
(`straight.py`), and a stepped part that learns what the straight one leaves unexplained (`steps.py`). How
much of the stepped part is used is decided by rows that were held out, and none of it where it does not
clearly help: few outcomes leave the straight part alone, none leave the declaration.

Beyond the least and greatest number that was seen the stepped part says nothing: what trees learned of
one range is no knowledge of another, while a straight line goes on for a while. That is what keeps the
model upright when a table drifts, and it needs no word on the order of the rows.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import roc_auc_score
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from recruit.learning.columns import find_columns
from recruit.learning.fitting import Fitted, fit_parts
from recruit.learning.prior import Prior, read_prior
from recruit.learning.sigmoid import expit

Floats = NDArray[np.float64]


class OneClassOnly(ValueError):
    """All outcomes are alike, so there is nothing to tell apart; the message says what to do."""


class OutcomeModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of two classes for tables with numbers, texts and gaps as they come.

    `prior` declares what is believed before there are outcomes: column -> [(value, weight), …] for
    numbers, {level: weight} for categories, on the logit scale of `classes_[1]`. `monotone` maps numeric
    columns to 1 or -1 where the stepped part may only rise or fall. `max_rounds` bounds the stepped part
    (0 leaves it out), `folds` is how many parts are held out in turn, `random_state` how they are drawn.

    After `fit`: `classes_`, `feature_names_in_` and `n_features_in_` as in scikit-learn; `parts_` the
    fitted parts; `held_out_auc_` and `held_out_logit_` what the rows that were held out say (NaN and
    None where there were too few).
    """

    def __init__(
        self,
        *,
        prior: "Mapping[str, Any] | Prior | None" = None,
        monotone: Mapping[str, int] | None = None,
        max_rounds: int = 400,
        folds: int = 5,
        random_state: int = 0,
    ) -> None:
        self.prior = prior
        self.monotone = monotone
        self.max_rounds = max_rounds
        self.folds = folds
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Fit to the rows of `X` with outcomes `y` (two classes, the later in sort order is "well").

        Raises `OneClassOnly` where all outcomes are alike and no prior is declared, `ValueError` where
        there are more than two classes, no rows or no columns.
        """
        table, y = self._checked(X, y)
        weights = _check_sample_weight(
            sample_weight, table, dtype=np.float64, ensure_non_negative=True
        )
        prior = read_prior(self.prior, self.monotone)
        if missing := prior.columns - set(table.columns):
            raise ValueError(
                f"The prior speaks of {', '.join(sorted(map(str, missing)))}, which X does not have."
            )
        self.classes_ = self._classes(y, prior)
        outcome = (y == self.classes_[-1]).astype(np.float64)
        self.parts_: Fitted = fit_parts(
            table,
            find_columns(table),
            outcome,
            weights,
            prior,
            max_rounds=self.max_rounds,
            folds=self.folds,
            seed=self.random_state,
        )
        self.held_out_logit_ = self.parts_.held_out
        self.held_out_auc_ = (
            float("nan")
            if self.parts_.held_out is None
            else float(roc_auc_score(outcome, self.parts_.held_out, sample_weight=weights))
        )
        return self

    def decision_function(self, X: Any) -> Floats:  # noqa: N803
        """Return the logit of `classes_[1]` of each row."""
        logit: Floats = self.parts_of(X).sum(axis=1) + self.parts_.level
        return logit

    def parts_of(self, X: Any) -> Floats:  # noqa: N803
        """Return what each column adds to the logit, rows × `parts_.columns`; the level comes on top."""
        check_is_fitted(self)
        return self.parts_.contributions(self._table(X, reset=False))

    def predict_proba(self, X: Any) -> Floats:  # noqa: N803
        """Return the probability of each class, rows × 2."""
        p = expit(self.decision_function(X))
        return np.column_stack([1 - p, p])

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the likelier class of each row."""
        likelier = (self.decision_function(X) > 0).astype(np.intp)
        chosen: NDArray[Any] = self.classes_[likelier]
        return chosen

    def _checked(self, X: Any, y: Any) -> tuple[pd.DataFrame, NDArray[Any]]:  # noqa: N803
        if y is None:
            raise ValueError(
                "requires y to be passed, but the target y is None: give one outcome a row."
            )
        if not isinstance(X, pd.DataFrame):
            X, y = validate_data(self, X, y, dtype=None, ensure_all_finite=False)  # noqa: N806
        table = self._table(X, reset=True)
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        if len(y) != len(table):
            raise ValueError(f"X has {len(table)} rows and y {len(y)}; each row needs its outcome.")
        if pd.isna(y).any():
            raise ValueError("y has missing values (NaN); leave rows without an outcome out.")
        check_classification_targets(y)
        if (kind := type_of_target(y)) != "binary":
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {kind}."
            )
        return table, y

    def _classes(self, y: NDArray[Any], prior: Prior) -> NDArray[Any]:
        classes = np.unique(y)
        if len(classes) == 2:
            return classes
        if prior.columns and set(classes.tolist()) <= {0, 1}:
            # Nothing but failures so far is how every program begins.
            return np.array([0, 1], dtype=y.dtype if y.dtype != bool else bool)
        raise OneClassOnly(
            f"y holds one class only ({classes[0]} in all {len(y)} rows). Wait for outcomes of both "
            "classes, or declare a prior and give y as 0 and 1."
        )

    def _table(self, X: Any, *, reset: bool) -> pd.DataFrame:  # noqa: N803
        if isinstance(X, pd.DataFrame):
            validate_data(self, X, reset=reset, skip_check_array=True)
            if reset and (X.shape[0] == 0 or X.shape[1] == 0):
                raise ValueError(
                    f"Found array with {X.shape[0]} sample(s) and {X.shape[1]} feature(s) while a "
                    "minimum of 1 is required."
                )
            return X
        cells = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=False)
        return pd.DataFrame(cells, columns=list(range(cells.shape[1]))).infer_objects()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags
