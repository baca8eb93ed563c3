"""The one place that loads grpc, with the surroundings that it needs."""

import os

# Read when grpc is loaded. With grpc's fork handlers a child started through fork has ended a
# stream of this process without a word; we never use grpc in a forked child.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
# Its own log writes a line to stderr, in a form of its own, for each handshake that fails; the
# errors that we log say the same once.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

import grpc

__all__ = ["grpc"]
