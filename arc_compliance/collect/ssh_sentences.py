"""The sentences with which ssh ends, by cause. The wordings are those of OpenSSH 5 to 10.

They are English in every locale: ssh takes the character set from the environment and leaves the
language alone. So they can be matched without changing an environment that ``SendEnv`` would pass
on to the host.
"""

from __future__ import annotations

import re

LOST = "ssh-connection-lost"

_CONNECT = r"ssh: connect to (?:host|address) .+: "
_EXCHANGE = r"(?:ssh|kex)_exchange_identification: "

FINAL: dict[str, tuple[str, ...]] = {
    "ssh-config-wrong": (
        r".+: terminating, \d+ bad configuration options",
        r"Can't open user config file .+",
        r"Bad owner or permissions on .+",
        r".+?:? line \d+: (?:bad|missing|no argument|extra|garbage|too many|keyword) .*",
        r".+?:? line \d+: (?:invalid|unsupported|unknown|illegal|error parsing) .*",
        r".+ line \d+: missing argument\.?",
    ),
    "ssh-name-not-found": (
        r"ssh: Could not resolve hostname .+",
        r"ssh: \S+: (?:Name or service not known|No address associated with .+)",
        r"ssh: \S+: (?:nodename nor servname .+|Temporary failure in name resolution)",
    ),
    "ssh-refused": (_CONNECT + r"Connection refused",),
    "ssh-timeout": (
        _CONNECT + r"(?:Connection|Operation) timed out",
        r"Connection timed out during banner exchange",
        r"Connection to \S+ (?:port -?\d+ )?timed out",
        _EXCHANGE + r"(?:read: )?(?:Connection|Operation) timed out",
    ),
    "ssh-unreachable": (
        _CONNECT + r"(?:No route to host|(?:Network|Host) is (?:unreachable|down))",
        _CONNECT + r"(?:Cannot assign requested address|Address family not supported.*)",
        _CONNECT + r"(?:Operation not permitted|Permission denied)",
    ),
    "ssh-host-key-unknown": (r"Host key verification failed\.",),
    "ssh-no-common-algorithm": (
        r"Unable to negotiate .+",
        r".*no matching \S+ found: client .+",
        r".*no matching (?:cipher|mac|host key type|key exchange method|compression) found.*",
        r"no (?:hostkey|kex) alg",
        r".*Invalid key length",
    ),
    "ssh-too-many-keys": (
        r"(?:Received disconnect from .+: ?)?Too many authentication failures.*",
    ),
    "ssh-auth-failed": (
        r"(?:\S+: )?Permission denied \([a-z0-9@.,-]*\)\.?",
        r"Received disconnect from .+No supported authentication methods available.*",
    ),
    "ssh-not-spoken": (
        _EXCHANGE + r"banner line contains invalid characters",
        r"banner exchange: Connection (?:to|from) .+: invalid format",
        r"Bad remote protocol version identification.*",
        r"Protocol major versions differ.*",
        r".*could not read protocol version",
    ),
    "ssh-closed-early": (
        _EXCHANGE + r".+",
        r"Connection (?:closed|reset) by \S+(?: port -?\d+)?\.?",
        r"Received disconnect from .+",
        r"Exceeded MaxStartups",
        r"Not allowed at this time",
    ),
    "ssh-jump-host-failed": (r"stdio forwarding failed",),
    "ssh-command-refused": (
        r"(?:exec|shell|subsystem|PTY allocation) request failed on channel \d+.*",
    ),
    LOST: (
        r"Connection to \S+ closed by remote host\.",
        r"Timeout, server .+ not responding\.?",
        r"(?:client_loop: send disconnect|packet_write_\w+|Write failed): .+",
        r"(?:ssh_dispatch_run_fatal|Read from remote host \S+): .+",
    ),
}
"""The first that matches a whole line counts."""

_FINAL = [(re.compile("|".join(its), re.IGNORECASE), cause) for cause, its in FINAL.items()]

KEY_CHANGED = re.compile(
    r"WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!|Host key for .+ has changed"
)
KEY_REJECTED = re.compile(
    r"WARNING: REVOKED HOST KEY DETECTED!|.*host key .*revoked"
    r"|.*certificate (?:invalid|not valid|has expired|lacks|signed by|type)"
    r"|.*certificate.* is not (?:yet )?valid",
    re.IGNORECASE,
)
OTHERS_ADVICE = re.compile(r"remove with:|ssh-keygen .+")
"""Debian's ssh gives a command before anybody has confirmed the key."""
STRICT = re.compile(r"No \S+ host key is known for .+ and you have requested strict checking\.")
KEY_FILE = re.compile(
    r"(?:Warning|no such identity): *(?:Identity file )?(?P<missing>.+?)(?: not accessible)?: "
    r"(?:No such file or directory|Permission denied)"
    r"|Permissions 0\d+ for '(?P<open>.+)' are too open\."
    r"|Load key \"?(?P<bad>.+?)\"?: (?:bad permissions|invalid format|error in libcrypto"
    r"|Permission denied|unknown or unsupported key type|Is a directory)"
)
LOCKED = re.compile(
    r"Load key .+: incorrect passphrase supplied|Enter passphrase for .+"
    r"|.*read_passphrase: can't open /dev/tty|ssh_askpass: .+"
)
NO_SIGNATURE = re.compile(r".*no mutual signature (?:algorithm|supported)")
METHODS = re.compile(r".*Permission denied \((?P<methods>[^()]*)\)")
NO_ADDRESS = re.compile(r".*UNKNOWN port (?:65535|-1)|.*by UNKNOWN$")
"""What ssh talks to has no address: a pipe to a ProxyCommand."""


def cause_of(line: str) -> str:
    """The general cause of which *line* is a final sentence; "" for any other line."""
    return next((cause for pattern, cause in _FINAL if pattern.fullmatch(line)), "")
