"""The HTTP server on real sockets: what it lets in, what it answers, and how it ends."""
