"""A biller network and a payment service provider, simulated, for the sandbox, the tests and the benchmarks."""
