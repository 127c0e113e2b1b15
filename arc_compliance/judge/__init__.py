"""Evidence becomes judgements; no I/O, the clock is passed in."""
