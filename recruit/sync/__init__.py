"""The CRM conversation: plan, push, pull and reconcile, so that the CRM stays the single truth."""
