"""People who sign in: their roles, passwords, sessions and invitations."""
