"""The port to mail: an outgoing conversation, an inbox, and the adapters for both."""
