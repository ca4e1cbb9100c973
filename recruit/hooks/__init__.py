"""Outgoing webhooks: who wants to hear of what, and the deliveries to them."""
