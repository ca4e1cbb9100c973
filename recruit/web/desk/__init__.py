"""The desk: the pages of recruiters and channel managers, one module a page."""
