"""Channel twins: simulated shops for rehearsal, tests and benchmarks; no code of an adapter."""
