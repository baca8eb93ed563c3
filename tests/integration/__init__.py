"""Tests of parts together with real servers, processes and sockets."""
