"""The same rules over a million sightings: columns of numbers instead of one object after the other."""
