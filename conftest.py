"""Names the modules that know pytest; nothing else."""

pytest_plugins = [
    "fixtures.refused",  # first: it answers for what goes wrong when the others are loaded
    "fixtures.output",
    "fixtures.options",
    "fixtures.order",
    "fixtures.service_tags",
    "fixtures.hosts",
    "fixtures.items",
    "fixtures.tally",
    "fixtures.terminal",
    "fixtures.reporting",
]
