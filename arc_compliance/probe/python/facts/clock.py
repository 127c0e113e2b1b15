"""Whether the host's clock is kept synchronised."""

from arc_compliance.probe.python.commands import run_command


def clock_synchronised() -> "bool | None":
    """What timedatectl says; None where it does not say."""
    _, output = run_command(["timedatectl", "show", "-p", "NTPSynchronized", "--value"], 3)
    return {"yes": True, "no": False}.get(output.strip())
