"""Tests of one part at a time, without a server or a daemon."""
