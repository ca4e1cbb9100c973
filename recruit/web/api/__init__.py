"""The REST API, version 1: a sub-application with its own errors and its own description."""
