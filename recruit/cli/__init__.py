"""The `recruit` command."""
