"""The helper: a static program between an executor and a run, which it puts in its surroundings."""
