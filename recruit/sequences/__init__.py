"""Drip sequences: outreach that runs by itself and stops the moment a firm answers."""
