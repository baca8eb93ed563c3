"""Tests of whole daemons, as an operator sees them."""
