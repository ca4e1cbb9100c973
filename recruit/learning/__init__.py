"""What became of the firms that were approached teaches the next ranking."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recruit.learning.model import OutcomeModel

__all__ = ["OutcomeModel"]


def __getattr__(name: str) -> Any:
    """Load the estimator when it is asked for: scikit-learn takes longer to load than the rest of the program."""
    if name == "OutcomeModel":
        from recruit.learning.model import OutcomeModel

        return OutcomeModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
