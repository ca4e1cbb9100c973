"""What a sending sweep did, in numbers."""

from dataclasses import dataclass


@dataclass
class SendReport:
    """What a sweep did. `more`: there may be further due touches; `tasks` were put before a person.

    `passed` counts waits that were over and branches that were taken.
    """

    sent: int = 0
    failed: int = 0
    unknown: int = 0
    held: int = 0
    postponed: int = 0
    stopped: int = 0
    tasks: int = 0
    passed: int = 0
    finished: int = 0
    more: bool = False

    def add(self, other: "SendReport") -> None:
        """Take the counts of the next sweep in; `more` is what that one says."""
        for name, value in vars(other).items():
            setattr(self, name, value if name == "more" else getattr(self, name) + value)

    def __bool__(self) -> bool:
        """Return whether anything happened."""
        return any(vars(self).values())
