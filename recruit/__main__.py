"""`python -m recruit` is the `recruit` command."""

from recruit.cli.main import run

run()
