"""Real servers and processes for tests: started on loopback, ended with the test process."""
