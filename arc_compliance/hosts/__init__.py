"""Which hosts there are: addresses on the command line, and inventories."""
