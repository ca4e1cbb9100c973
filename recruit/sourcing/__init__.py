"""Sourcing jobs gather sightings of firms from crawled sites and files."""
