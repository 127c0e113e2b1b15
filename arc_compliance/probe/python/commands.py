"""Runs commands of the host, without a shell, bounded in time and output."""

import contextlib
import json
import os
import selectors
import socket
import subprocess
import time
from typing import IO, Any, Iterator

from arc_compliance.probe.python.files import why_unreadable
from arc_compliance.probe.python.limits import KIB, MAX_JSON_TRIES, MAX_OUTPUT
from arc_compliance.probe.python.scrubbing import scrubbed


def run_command(arguments: "list[str]", limit: float) -> "tuple[int | None, str]":
    """(exit status, output) of a command without a shell; (None, why) where it did not run.

    Its environment is the host's, not that of whoever logged in: nothing of ours steers it.
    """
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    environment = {"LC_ALL": "C", "PATH": path}
    until = time.monotonic() + limit
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    except OSError as problem:
        return None, why_unreadable(problem)
    assert process.stdout
    with process.stdout:
        try:
            output = output_until(process.stdout, until)
            if len(output) > MAX_OUTPUT:
                return None, f"more than {MAX_OUTPUT} bytes"
            process.wait(max(0, until - time.monotonic()))
        except (socket.timeout, subprocess.TimeoutExpired):
            return None, f"no answer within {limit:g} s"
        finally:
            process.kill()  # nothing where it has ended
            process.wait()
    return process.returncode, output.decode("utf-8", "replace")


def output_until(stream: "IO[bytes]", until: float) -> bytearray:
    """What comes from a pipe up to its end, or up to a size; socket.timeout after *until*."""
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while len(output) <= MAX_OUTPUT:
            if not selector.select(max(0, until - time.monotonic())):
                raise socket.timeout
            part = os.read(stream.fileno(), 64 * KIB)
            if not part:
                break
            output += part
    return output


def printed_json(
    arguments: "list[str]", limit: float, opening: str
) -> "tuple[Any, str | None, str]":
    """(the JSON that a command printed, why it printed none or None, all that it printed).

    The JSON begins with *opening*, and is the longest there is: warnings may stand before it,
    brackets in them, and a failure behind it.
    """
    status, output = run_command(arguments, limit)
    found = max(json_in(output, opening), key=lambda one: one[0], default=None)
    if status is not None and found:
        return found[1], None, output
    last = scrubbed((output.strip().splitlines() or ["it printed nothing"])[-1], 200)
    return None, last if status is None else f"exit {status}: {last}", output


def json_in(text: str, opening: str) -> "Iterator[tuple[int, Any]]":
    """(length, value) of each JSON in *text* that begins with *opening*, one behind the other."""
    begin, tries = text.find(opening), 0
    while begin >= 0 and tries < MAX_JSON_TRIES:
        end, tries = begin + 1, tries + 1
        with contextlib.suppress(ValueError, RecursionError):
            value, end = json.JSONDecoder().raw_decode(text, begin)
            yield end - begin, value
        begin = text.find(opening, end)
