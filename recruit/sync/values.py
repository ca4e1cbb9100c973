"""The words of the CRM conversation."""

from enum import StrEnum


class LinkStatus(StrEnum):
    """How one of our objects stands to its twin in the CRM."""

    LINKED = "linked"
    DELETED_THERE = "deleted_there"  # deleted in the CRM stays deleted


class SyncDirection(StrEnum):
    """Which way something went."""

    PUSH = "push"
    PULL = "pull"
