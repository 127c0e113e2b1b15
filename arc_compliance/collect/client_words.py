"""The last lines of what a client wrote to standard error, clean and bounded."""

from __future__ import annotations

from arc_compliance.base.redact import scrub

MOST_LINES = 30
"""How many of the last lines are looked at: ssh's longest message has 16."""
_LONGEST_LINE = 600
_MOST_WORDS = 1200


def last_lines(written: bytes) -> tuple[str, ...]:
    """The last lines of *written* that say something, without control characters and secrets,
    and without the frames of @ around ssh's warnings."""
    lines = [
        scrub(line[:_LONGEST_LINE]).strip().strip("@").strip()
        for line in written.decode("utf-8", "replace").splitlines()[-4 * MOST_LINES :]
    ]
    return tuple(line for line in lines if line)[-MOST_LINES:]


def in_one(lines: tuple[str, ...]) -> str:
    """*lines* as one text: the end of it, where all would be too long."""
    text = ""
    for line in lines:
        between = "" if not text else " " if text.endswith((".", "!", ":", " is")) else "; "
        text += between + line
    return text if len(text) <= _MOST_WORDS else f"… {text[-_MOST_WORDS:]}"


def with_command(words: str, lead: str, command: str) -> str:
    """*words* and the *command* that helps, behind its *lead*; without either where it is empty."""
    if not command or len(command) > _LONGEST_LINE:
        return words
    end = "" if not words else " " if words.endswith((".", "!")) else ". "
    return f"{words}{end}{lead}: {command}"
