"""Gives every Python process of a worker the shifted clock, its executors too.

A worker hands nothing of its environment to its executors but what Python itself reads. So
this file, found by PYTHONPATH when an interpreter starts, starts it again with the library that
shifts its clock. Jobs get a clean environment, and thereby the true time.
"""

import os
import sys

_SHIM, _, _FILE = os.environ.get("PYTHON_FAULTS_CLOCK", "").partition(":")

if _SHIM and os.environ.get("LD_PRELOAD") != _SHIM:
    os.environ["LD_PRELOAD"] = _SHIM
    os.environ["FAULTS_CLOCK_FILE"] = _FILE
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
