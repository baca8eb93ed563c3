"""The one place that loads grpc, with the surroundings that it needs."""

import os

# Read when grpc is loaded. With grpc's fork handlers a child started through fork has ended a
# stream of this process without a word; we never use grpc in a forked child.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import grpc

__all__ = ["grpc"]
