"""Adapters: one module a CRM."""
