"""Runs as other users, with real executors."""
