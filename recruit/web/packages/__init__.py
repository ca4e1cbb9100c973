"""SCORM packages, served under another host name than the portal, which they cannot read."""
