"""The fault bench: a fleet that is hurt on purpose, and a checker that believes witnesses alone."""
