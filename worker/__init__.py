"""The worker: watches jobs, claims due instants, runs commands, records how they ended."""
