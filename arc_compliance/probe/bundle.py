"""The probe as one program: its modules one after the other, in one file that a person can read.

The modules of ``python/`` share one namespace in the program: no name is defined twice, so that
plain concatenation is enough. What they import of the standard library stands once at the top; what
they import of each other is dropped. So is ``typing``, which takes a host 3 to 7 ms to import: an
annotation that needs it, or a Python newer than 3.6, is a text. Nothing else is changed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from arc_compliance.probe.python.contract import PROBE_VERSION

PACKAGE = Path(__file__).parent / "python"
_IMPORT = re.compile(
    r"(?:import [\w.]+|from (?:typing|arc_compliance\.probe\.python\.[\w.]+) import "
    r"(?:\([^)]*\)|[^(\n]+))\n+"
)
_WIDTH = 100

MODULES = (
    "contract",
    "limits",
    "scrubbing",
    "threads",
    "files",
    "commands",
    "proxy_server",
    "order",
    "order_fields",
    "order_reading",
    "steps",
    "agent_files",
    "resolve",
    "proxies/go_url",
    "proxies/go_environment",
    "name_servers",
    "resolver",
    "proxies/exemptions",
    "proxies/setting",
    "proxies/assignments",
    "proxies/daemons",
    "proxies/agent",
    "proxies/wget",
    "proxies/shell_tokens",
    "proxies/shell_syntax",
    "proxies/shell_values",
    "proxies/shell_variables",
    "proxies/shell_following",
    "proxies/shell",
    "proxies/apt",
    "proxies/package_managers",
    "proxies/monitor",
    "proxies/clients",
    "connect",
    "certificate_message",
    "channels",
    "http_messages",
    "http1",
    "huffman",
    "hpack",
    "http2_frames",
    "http2",
    "routes",
    "tls",
    "facts/trust_store",
    "certificate",
    "agents_handshake",
    "tls12",
    "control_server",
    "client_hello",
    "large_hello",
    "discovery",
    "http_get",
    "websocket",
    "facts/default_client",
    "equipment",
    "hidden_chain",
    "addresses",
    "beside",
    "measure",
    "subjects",
    "crowding",
    "survey",
    "trials",
    "controls",
    "gateway",
    "facts/clock",
    "facts/operating_system",
    "facts/host",
    "facts/agent",
    "facts/agent_check",
    "facts/sockets",
    "facts/egress",
    "facts/openssl_conf",
    "facts/tls_policy",
    "run",
    "evidence",
    "main",
)
"""The modules in the order in which they are read: each after those that it imports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module: its docstring, what it imports of the standard library, and the rest."""

    name: str
    docstring: str
    imports: tuple[str, ...]
    body: str


@cache
def bundled() -> bytes:
    """The program, always the same bytes for the same modules."""
    modules = [read_module(PACKAGE / f"{name}.py", name) for name in MODULES]
    parts = [_head(modules), _imports(modules), *map(_section, modules)]
    return "\n".join(parts).encode()


@cache
def program_sha256() -> str:
    """The SHA-256 of the program, in hexadecimal."""
    return hashlib.sha256(bundled()).hexdigest()


def read_module(path: Path, name: str) -> Module:
    """The module at *path*; raise ValueError where it does not begin as all of them do.

    That is with a docstring and then with imports: of the standard library as ``import name``, of
    typing and of each other as ``from name import …``.
    """
    source = path.read_text(encoding="utf-8")
    begin = re.match(r'"""(.*?)"""\n+', source, re.DOTALL)
    if begin is None:
        raise ValueError(f"{path}: it does not begin with a docstring")
    imports = []
    at = begin.end()
    while found := _IMPORT.match(source, at):
        imports += [found[0].strip()] if found[0].startswith("import ") else []
        at = found.end()
    return Module(
        name=name, docstring=begin[1].strip(), imports=tuple(imports), body=source[at:].strip()
    )


def _head(modules: list[Module]) -> str:
    """The docstring of the program: what it is, its version, and in which order it is read."""
    package = read_module(PACKAGE / "__init__.py", "")
    contents = [f"  {one.name:25} {one.docstring.splitlines()[0]}" for one in modules]
    lines = [
        package.docstring,
        "",
        f"Version {PROBE_VERSION}. A bundle of modules that are typed and tested one by one.",
        "They follow in this order, each after those that it needs. An annotation that Python 3.6",
        "does not know is a text.",
        "",
        *contents,
    ]
    return '"""' + "\n".join(lines) + '\n"""\n'


def _imports(modules: list[Module]) -> str:
    """What the modules import of the standard library, once."""
    return "\n".join(sorted({one for module in modules for one in module.imports})) + "\n"


def _section(module: Module) -> str:
    """One module under its heading."""
    heading = f"# ---- {module.name} ".ljust(_WIDTH, "-")
    words = [f"# {line}".rstrip() for line in module.docstring.splitlines()]
    return "\n".join(["", heading, *words, "", module.body, ""])
