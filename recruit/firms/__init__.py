"""Resolution: sightings become firms with a durable id and the provenance of every field."""
