"""Adapters: one module a way to send or read mail."""
