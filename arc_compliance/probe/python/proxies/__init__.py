"""The proxies that this host knows: one module for each kind of place that can name one."""
