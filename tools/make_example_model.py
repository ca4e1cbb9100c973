"""Make models/ipp-0001 anew: the example of a model's folder, trained on made-up outcomes.

    PYTHONPATH=. python tools/make_example_model.py

No firm and no outcome in it is real, and no profile uses it.
"""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.synthetic_outcomes import synthetic_outcomes
from recruit.learning.registry import Models
from recruit.learning.table_usecases import train_on_table

MODELS = Path(__file__).parents[1] / "models"
PRIOR = """
rising = ["specialty_match"]
[weights]
specialty_match = [[0.0, 0.0], [1.0, 2.0]]
employees = [[3, -0.5], [15, 0.5], [150, 0.5], [1000, -0.5]]
"""


def main() -> None:
    """Train and write."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "made-up outcomes of 1,200 made-up firms.csv"
        synthetic_outcomes(1200).to_csv(file, index=False)
        prior = Path(folder) / "prior.toml"
        prior.write_text(PRIOR)
        trained, _ = train_on_table(
            file,
            outcome="accepted",
            time="contacted_on",
            prior_file=prior,
            now=datetime(2026, 1, 5, 9, tzinfo=UTC),
            actor="tools/make_example_model.py",
        )
    shutil.rmtree(MODELS / "ipp-0001", ignore_errors=True)
    record = Models(MODELS).add(trained.record, trained.tables)
    print(f"{record.name}: {record.verdict.sentence}")


if __name__ == "__main__":
    main()
