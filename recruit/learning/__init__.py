"""What became of the firms that were approached teaches the next ranking."""

from recruit.learning.model import OutcomeModel

__all__ = ["OutcomeModel"]
