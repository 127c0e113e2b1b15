"""Names the modules that know pytest; nothing else."""

pytest_plugins = [
    "fixtures.options",
    "fixtures.order",
    "fixtures.service_tags",
    "fixtures.hosts",
    "fixtures.items",
    "fixtures.tally",
    "fixtures.terminal",
    "fixtures.reporting",
]
