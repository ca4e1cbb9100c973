"""The audit log: who did what to what, when; append-only, and each row sealed by the hash of the one before."""
