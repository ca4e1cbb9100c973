"""The ideal partner profile: points, reasons and the ranking."""
