"""The partner portal: one thing at a time, always the next step, in the words of partners."""
