"""Tests of a master's calls."""
