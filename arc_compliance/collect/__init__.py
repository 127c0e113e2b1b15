"""Brings the probe to every host, or takes evidence that is there already."""
