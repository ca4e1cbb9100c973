"""Promotion: whether a model may be put in use for a profile, and why not."""

from recruit.learning.record import ModelRecord
from recruit.learning.values import Kind
from recruit.learning.verdict import LEAST_POSITIVES
from recruit.scoring.profile import ProfileDefinition

_FACT = "fact: "


def why_not(record: ModelRecord, profile: ProfileDefinition, in_use: ModelRecord | None) -> str:
    """Return why the model may not be used, empty where it may.

    The boosted model needs 120 good outcomes. Every model needs a backtest in time order that is better than
    chance and no worse than the points alone, and than the kind of the model in use over the same rows.
    """
    if record.profile != profile.name:
        of = f'the profile "{record.profile}"' if record.profile else "a table, not for a profile"
        return f'{record.name} was trained for {of}; it cannot rank "{profile.name}".'
    if record.verdict.is_refused:
        return f"{record.name} is refused. {record.verdict.sentence}"
    if record.kind is Kind.BOOSTED and record.data.positives < LEAST_POSITIVES:
        return (
            f"{record.name} is boosted and stands on {record.data.positives} good outcomes; "
            f"{LEAST_POSITIVES} are the least."
        )
    criteria = {criterion.key for criterion in profile.criteria}
    gone = [f for f in record.features if not f.startswith(_FACT) and f not in criteria]
    if gone:
        return (
            f'{record.name} was trained with the criterion "{gone[0]}", which the profile no longer has. '
            "Train anew."
        )
    own = record.trial.auc.value
    rivals = [Kind.DECLARED, *([in_use.kind] if in_use is not None else [])]
    for kind in rivals:
        trial = record.find_trial(kind)
        if trial is not None and kind is not record.kind and trial.auc.value > own:
            what = "the points alone do" if kind is Kind.DECLARED else "the kind in use does"
            return (
                f"In the backtest {record.name} ranks worse ({own:.3f}) than {what} "
                f"({trial.auc.value:.3f}), over the same rows in the order of time."
            )
    return ""
