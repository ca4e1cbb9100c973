"""Accepted firms become partners: agreement, track, courses, certification, and gates that open."""
