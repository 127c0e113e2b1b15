"""arc-compliance: the network requirements of Azure Arc-enabled servers, measured and judged."""

__version__ = "0.1.0"
