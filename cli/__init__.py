"""The command line: starts the daemons and speaks to a master over HTTP."""
