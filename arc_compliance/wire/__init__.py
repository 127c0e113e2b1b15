"""What suite and probe exchange, typed and checked, and the files it is kept in."""
