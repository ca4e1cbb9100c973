"""Recruit: find, rank, win and onboard channel partners.

Firms flow one way through the stages: sourcing, firms, scoring, sequences, onboarding. Each stage
pulls from the one before it; `sync` tells the customer's CRM.
"""

__version__ = "0.1.0"
