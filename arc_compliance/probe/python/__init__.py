"""Measures, on the host it runs on, what the Connected Machine agent needs from the network.

One order (JSON, docs/order.md) comes in on standard input, one piece of evidence (JSON, ASCII,
between a begin and an end line) goes out on standard output. The program stands alone: standard
library only, CPython 3.6 or newer, Linux. It installs nothing, writes nothing and needs no root.
It reports what it saw and judges nothing: whatever makes a step fail is a cause, not an error.
"""
