"""The judges of the host itself: agent, clock, TLS, trust store, its own rules and proxies."""
