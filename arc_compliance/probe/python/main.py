"""The program: order on standard input, evidence on standard output."""

import hashlib
import math
import os
import select
import signal
import sys
from typing import Any

from arc_compliance.probe.python.contract import BEGIN, END
from arc_compliance.probe.python.evidence import evidence_of, rendered
from arc_compliance.probe.python.order_fields import BadOrder
from arc_compliance.probe.python.order_reading import read_order
from arc_compliance.probe.python.run import Run
from arc_compliance.probe.python.scrubbing import scrubbed
from arc_compliance.probe.python.threads import start_thread


def digest_of_program(namespace: "dict[str, Any]") -> str:
    """The SHA-256 of the program that runs in *namespace*; empty where its bytes are not known.

    A loader that received the program leaves its bytes in PROGRAM; else they are those of its file.
    """
    program = namespace.get("PROGRAM")
    if program is None:
        try:
            with open(namespace["__file__"], "rb") as stream:
                program = stream.read()
        except (KeyError, OSError):
            return ""
    return hashlib.sha256(program).hexdigest()


def wait_for_end(run: Run, seconds: float) -> bool:
    """Wait until *run* is over or the time is; false when nobody reads our output any more."""
    output = sys.stdout.fileno()
    poller = select.poll()
    poller.register(run.over, select.POLLIN)
    poller.register(output, 0)  # errors and hang-ups are always reported
    events = dict(poller.poll(int(seconds * 1000)))
    return output not in events


def main(sha256: str) -> int:
    """Carry out the order on standard input and print the evidence; return the exit status."""
    sys.dont_write_bytecode = True
    try:
        order = read_order(sys.stdin.buffer)
    except (BadOrder, OSError) as problem:
        sys.stderr.write(f"probe: bad order: {scrubbed(problem)}\n")
        return 2
    # The last resort: should all else hang, the kernel ends us.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(math.ceil(order.limits.deadline) + 10)
    run = Run(order)
    start_thread(run.carry_out)
    spare = min(1.0, order.limits.deadline / 4)
    if not wait_for_end(run, order.limits.deadline - spare):
        return 1
    lines = "\n".join((BEGIN, rendered(evidence_of(run, sha256)), END)) + "\n"
    sys.stdout.write(lines)
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    try:
        exit_status = main(digest_of_program(globals()))
    except OSError:  # standard output is closed
        exit_status = 1
    # Not sys.exit: threads that hang in the resolver would hold us.
    sys.stderr.flush()
    os._exit(exit_status)
