"""The options of a run, checked before a host is touched."""
