"""The master: a stateless HTTP server that edits jobs and shows what happened."""
