"""A simulated Azure on this machine, for --demo and for the self-tests."""
