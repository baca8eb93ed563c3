"""The tests: unit, contract, integration and acceptance, and the real servers they run on."""
