"""The watch thread over each store: what is there when it begins, and what changes then."""
