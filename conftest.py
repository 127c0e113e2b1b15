"""Names the modules that know pytest; nothing else."""

pytest_plugins = [
    "fixtures.output",
    "fixtures.options",
    "fixtures.order",
    "fixtures.service_tags",
    "fixtures.hosts",
    "fixtures.items",
    "fixtures.tally",
    "fixtures.terminal",
    "fixtures.refused",
    "fixtures.reporting",
]
