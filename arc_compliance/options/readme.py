"""README's table of options, made from the one in table.py. `make docs` puts it there."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arc_compliance.base.files import write_whole
from arc_compliance.options.option import Option
from arc_compliance.options.table import OPTIONS

BEGIN = "<!-- made by `make docs` from arc_compliance/options/table.py -->\n"
END = "<!-- end of the table of options -->\n"

_CODE = re.compile(r"\S*://[^\s,;]*|--\w[\w-]*(=\w+)?|\S+=\S+")
"""What is to be typed, in the sentence of an option's help."""


def with_table(page: str) -> str:
    """*page* with the table of options between its two marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}{''.join(_lines())}{end}{after}"


def _lines() -> Iterator[str]:
    yield "| option | what it does | without it |\n|---|---|---|\n"
    for option in OPTIONS:
        yield f"| `{option.written}` | {_help(option)} | {option.without} |\n"


def _help(option: Option[Any]) -> str:
    words = _CODE.sub(lambda found: f"`{found[0]}`", option.help)
    again = "; can be repeated" if option.repeatable else ""
    more = f" ([more](docs/{option.page}))" if option.page else ""
    return f"{words}{again}{more}"


if __name__ == "__main__":
    readme = Path(sys.argv[1])
    write_whole(readme, with_table(readme.read_text(encoding="utf-8")))
