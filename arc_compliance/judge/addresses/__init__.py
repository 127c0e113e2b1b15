"""The judges of addresses: service tags, and what the allow-lists of firewalls let through."""
