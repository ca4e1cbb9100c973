"""What became of the firms that were approached teaches the next ranking."""
