"""The one place that loads grpc, with the surroundings that it needs."""

import os

# Read when grpc is loaded. With grpc's fork handlers a child started through fork has ended a
# stream of this process without a word; we never use grpc in a forked child.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
# Its own log writes a line to stderr, in a form of its own, for each handshake that fails; the
# errors that we log say the same once.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

import grpc
from grpc import _common, experimental

# A thread that waits for an answer of an open stream is woken so often, for signals that Python 2
# did not hear while it waited: each watch would cost 0.1 % of a core. Nobody waits so long for a
# call, which has its own end.
_common.MAXIMUM_WAIT_TIMEOUT = 3600.0

__all__ = ["experimental", "grpc"]
