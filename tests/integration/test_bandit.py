"""Bandit reads the whole program; what it finds was looked at, and stands here with the reason why it may stay.

Asserts, subprocesses and the like (severity low) are judged line by line by ruff's rules of the same name.
"""

from collections import Counter
from pathlib import Path

from bandit.core.config import BanditConfig
from bandit.core.manager import BanditManager

ROOT = Path(__file__).parents[2]
OWN_NAMES = "the names are of our own tables and columns; values are bound"
OWN_PICKLE = "pickled by this very run, for its own helpers; nothing comes from outside"
# By file and rule: how often, and why.
LOOKED_AT: dict[tuple[str, str], tuple[int, str]] = {
    ("beside.py", "B301"): (1, OWN_PICKLE),
    ("crm/adapters/embedded_records.py", "B608"): (1, OWN_NAMES),
    ("crm/adapters/salesforce_reader.py", "B608"): (3, "SOQL of field names from the mapping"),
    ("db/guards.py", "B608"): (1, OWN_NAMES),
    ("firms/spark/placing.py", "B301"): (3, OWN_PICKLE),
    ("firms/spark/placing.py", "B608"): (1, OWN_NAMES),
    ("firms/spark/workers.py", "B301"): (3, OWN_PICKLE),
    ("notices/wording.py", "B701"): (1, "plain text; it is escaped where HTML is made of it"),
    ("sourcing/import_store.py", "B608"): (2, OWN_NAMES),
    ("web/charts.py", "B704"): (2, "drawn here, from numbers"),
    ("web/packages/server.py", "B704"): (1, "JSON without a tag in it"),
    ("web/portal/markdown.py", "B704"): (1, "cleaned by nh3 the line above"),
}


def test_bandit_finds_nothing_that_nobody_has_looked_at() -> None:
    reader = BanditManager(BanditConfig(), "file", quiet=True)
    reader.discover_files([str(ROOT / "recruit")], recursive=True)
    reader.run_tests()
    found = Counter(
        (str(Path(issue.fname).relative_to(ROOT / "recruit")), issue.test_id)
        for issue in reader.get_issue_list(sev_level="MEDIUM")
    )
    assert not reader.get_skipped()
    assert found == {key: count for key, (count, _) in LOOKED_AT.items()}
