"""What ssh says when it does not get to a host: one cause, its sentence, and a command that helps.

The last sentence decides, since ssh's fatal one comes last: a banner of the host stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from arc_compliance.collect import ssh_sentences
from arc_compliance.collect.client_words import in_one, last_lines, with_command
from arc_compliance.collect.login import Login, Settings, ssh_settings
from arc_compliance.collect.ssh_commands import (
    accept_key,
    check_key,
    name_look_up,
    remove_key,
    unlock_key,
    use_key_file,
    use_one_key,
)
from arc_compliance.collect.ssh_sentences import LOST, cause_of
from arc_compliance.wire.fields import Failure

_ENDS = ("ssh-closed-early", "ssh-timeout", "ssh-not-spoken")
"""What a connection ends with also where something behind the ProxyCommand ended it."""
_PROXY = ("proxyjump", "proxycommand")


@dataclass(frozen=True, slots=True)
class _Said:
    """What ssh said: its ``final`` sentence, the lines ``before`` it, and what it knows."""

    before: tuple[str, ...]
    final: str
    login: Login
    ask: Callable[[], Settings]

    @property
    def settings(self) -> Settings:
        """The settings of ssh; it is asked when they are needed, once."""
        return self.ask()

    def found(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What *pattern* matches in the last of the lines that it fits at the beginning of."""
        tried = (pattern.match(line) for line in (self.final, *reversed(self.before)))
        return next(filter(None, tried), None)

    @property
    def proxied(self) -> bool:
        """Whether the connection goes through another host or command, as far as is known."""
        return any(value != "none" for key in _PROXY for value in self.settings.get(key, ()))

    def words(self, most: int) -> str:
        """The final sentence and the lines before it: at most *most*."""
        return in_one((*self.before, self.final)[-most:])

    def seen_by(self, cause: str, most: int, lead: str, *options: str) -> Failure:
        """The failure whose command tries the login again, with *options*."""
        command = self.login.command("true", options=options)
        return Failure(cause=cause, detail=with_command(self.words(most), lead, command))


def ssh_failure(
    written: bytes,
    login: Login,
    settings: Callable[[Login], Settings] = ssh_settings,
) -> Failure | None:
    """The cause and the detail that follow from what ssh has *written* before it ended with 255.

    None where none of its sentences is known.
    """
    lines = last_lines(written)
    for number in reversed(range(len(lines))):
        cause = cause_of(lines[number])
        if cause:
            ask = cache(partial(settings, login))
            return _refined(cause, _Said(lines[:number], lines[number], login, ask))
    return None


def connection_lost(written: bytes) -> bool:
    """Whether ssh has *written* that the connection broke."""
    return any(cause_of(line) in (LOST, *_ENDS) for line in last_lines(written))


def _refined(cause: str, said: _Said) -> Failure:
    """The failure of the general *cause*, made exact by the lines before the sentence."""
    if _through_another(cause, said):
        return said.seen_by("ssh-jump-host-failed", 5, "To see where it ends", "-v")
    if cause == "ssh-host-key-unknown":
        return _host_key(said)
    if cause == "ssh-auth-failed":
        return _login_refused(said)
    if cause in ("ssh-no-common-algorithm", "ssh-closed-early", "ssh-not-spoken"):
        return said.seen_by(cause, 3, "To see how far it gets", "-v")
    if cause == "ssh-name-not-found":
        lead, command = "To look it up", name_look_up(said.login, said.settings)
    elif cause == "ssh-too-many-keys":
        lead, command = "Try", use_one_key(said.login, said.settings)
    elif cause == "ssh-config-wrong":
        lead, command = "To check it", said.login.command(options=("-G",))
    else:
        return said.seen_by(cause, 2, "Try")
    return Failure(cause=cause, detail=with_command(said.words(3), lead, command))


def _through_another(cause: str, said: _Said) -> bool:
    """Whether it is the jump host or the ProxyCommand that failed, or what they lead to.

    ssh cannot tell these: it sees a pipe that ends.
    """
    if cause == "ssh-jump-host-failed":
        return True
    if cause not in _ENDS or said.final.startswith("ssh: connect to "):
        return False
    if said.settings:
        return said.proxied
    earlier = any(
        line.startswith("ssh: connect to ") or cause_of(line) not in ("", LOST, *_ENDS)
        for line in said.before
    )
    return earlier or ssh_sentences.NO_ADDRESS.match(said.final) is not None


def _host_key(said: _Said) -> Failure:
    check = check_key(said.login, said.settings, proxied=said.proxied)
    if said.found(ssh_sentences.KEY_REJECTED):
        detail = with_command(said.words(6), "To see the key that it shows", check)
        return Failure(cause="ssh-host-key-rejected", detail=detail)
    if said.found(ssh_sentences.KEY_CHANGED):
        lines = (*said.before, said.final)
        theirs = [line for line in lines if not ssh_sentences.OTHERS_ADVICE.fullmatch(line)]
        command = remove_key(said.login, said.settings, lines)
        lead = "When the owner of the host confirms the new fingerprint"
        detail = with_command(in_one(tuple(theirs[-9:])), lead, command)
        return Failure(cause="ssh-host-key-changed", detail=detail)
    words = with_command(said.words(2), "To see its fingerprint", check)
    strict = said.found(ssh_sentences.STRICT) is not None
    lead = "When the owner of the host confirms the fingerprint"
    detail = with_command(words, lead, accept_key(said.login, strict=strict))
    return Failure(cause="ssh-host-key-unknown", detail=detail)


def _login_refused(said: _Said) -> Failure:
    if said.found(ssh_sentences.KEY_CHANGED):  # ssh goes on with keys alone, checking being off
        return _host_key(said)
    if said.found(ssh_sentences.NO_SIGNATURE):
        return said.seen_by("ssh-no-common-algorithm", 3, "To see how far it gets", "-v")
    file = said.found(ssh_sentences.KEY_FILE)
    if file:
        path = file["open"] or file["missing"] or file["bad"]
        too_open = any("are too open" in line for line in said.before)
        command = use_key_file(said.login, said.settings, path, too_open=too_open)
        detail = with_command(said.words(6), "Try", command)
        return Failure(cause="ssh-key-file-unusable", detail=detail)
    methods = ssh_sentences.METHODS.match(said.final)
    if methods and "publickey" not in methods["methods"].split(","):
        return said.seen_by("ssh-password-wanted", 1, "To see what it takes", "-v")
    unlock = unlock_key(said.login, said.settings)
    if unlock or said.found(ssh_sentences.LOCKED):
        words = f"{said.words(1)} The key has a passphrase, and nobody can type it here."
        command = unlock or said.login.command("true", options=("-v",))
        return Failure(cause="ssh-password-wanted", detail=with_command(words, "Try", command))
    return said.seen_by("ssh-auth-failed", 1, "To see which keys are offered", "-v")
