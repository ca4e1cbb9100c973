"""Notices: what people hear from Recruit outside of it, by mail, as it happens or once a day."""
