"""Azure's address ranges: the files, where they come from, and the cache."""
