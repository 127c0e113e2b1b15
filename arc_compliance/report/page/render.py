"""The page as HTML: one file that asks no network for anything and that runs no script but ours."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from arc_compliance.report.page.model import PageModel
from arc_compliance.report.page.text import script_json, visible
from arc_compliance.report.words import counted

_HERE = Path(__file__).parent
_STYLES = ("base.css", "parts.css", "matrix.css", "drawer.css", "print.css")
_SCRIPTS = ("dom.js", "data.js", "state.js", "filters.js", "grid.js", "drawer.js", "page.js")


def render_page(page: PageModel) -> str:
    """*page* as HTML. Every text in it is escaped, and the page's own policy forbids what is not
    its own: other scripts, other styles, any request."""
    style, script = _style(page.run), _script()
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            policy=_policy(style, script),
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704
            data=Markup(script_json(page.data)),  # noqa: S704 - has no character that means something
        )
    )


def render_notice(title: str, texts: Sequence[str], run: str) -> str:
    """A page that says why there is no result, where one would be looked for."""
    style = _style(run)
    return (
        _environment()
        .get_template("notice.html.j2")
        .render(
            title=title,
            texts=texts,
            run=run,
            policy=_policy(style),
            style=Markup(style),  # noqa: S704 - our own files
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"visible": visible, "counted": counted}
    return environment


def _style(run: str) -> str:
    """The style, with the run's id at the foot of every printed page."""
    known = "".join(c for c in run if c.isascii() and (c.isalnum() or c == "-"))
    return _read("style", _STYLES).replace("RUN-ID", known)


def _script() -> str:
    """The script: all files in one function, so that they share names and the page sees none."""
    return f'(() => {{\n"use strict";\n{_read("script", _SCRIPTS)}}})();\n'


@cache
def _read(folder: str, names: tuple[str, ...]) -> str:
    return "".join((_HERE / folder / name).read_text(encoding="utf-8") for name in names)


def _policy(style: str, script: str = "") -> str:
    """The Content-Security-Policy under which the page works."""
    rules = [
        "default-src 'none'",
        f"style-src {_hash_of(style)}",
        f"script-src {_hash_of(script)}" if script else "",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    return "; ".join(rule for rule in rules if rule)


def _hash_of(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
