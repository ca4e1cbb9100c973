"""Tests of the pure rules of resolution."""
