"""Tests of why: each makes a situation in the stores, and asks."""
