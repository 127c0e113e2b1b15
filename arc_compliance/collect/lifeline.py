"""Local clients end with this process, however it ends: a watcher of their process groups.

SIGKILL and the kernel's out-of-memory killer leave a process no time to stop what it started, and
an ssh client with its ProxyCommand would go on. So a small shell beside it holds the reading end of
a pipe and knows the process groups that are at work. When the pipe closes, which the kernel does
for whoever ends, the watcher kills what is left and ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from types import TracebackType

_WATCHER = """
trap '' HUP INT TERM
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="${groups%% $group *} ${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
"""
_WAIT = "read -r go && "
GO = b"go\n"
"""The first line of standard input, which a client's shell waits for. It is sent when the watcher
knows the group: a client that nobody watches never starts."""
_REAP = 1.0
"""Seconds that a killed process may take to end. It takes a moment only, unless the kernel is
waiting for a disk or a network file system on its behalf."""


class Lifeline:
    """The watcher, for as long as the context lasts. Without it hosts are measured all the same."""

    def __init__(self) -> None:
        self._watcher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Lifeline:
        with contextlib.suppress(OSError):
            self._watcher = subprocess.Popen(
                ["/bin/sh", "-c", _WATCHER],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
                bufsize=0,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        watcher = self._watcher
        if watcher is None or watcher.stdin is None:
            return
        with contextlib.suppress(OSError):
            watcher.stdin.close()
        try:
            watcher.wait(5)
        except subprocess.TimeoutExpired:
            watcher.kill()
            watcher.wait()

    def start(self, command: str) -> Client:
        """Start the shell's *command*, which begins to work when it has read the line GO.

        It has a session of its own, so no password prompt finds a terminal and a Ctrl-C does not
        reach it. Raise OSError or ValueError where it cannot be started.
        """
        process = subprocess.Popen(
            ["/bin/sh", "-c", _WAIT + command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "SSH_ASKPASS_REQUIRE": "never"},
            bufsize=0,
        )
        try:
            self.tell(b"+ %d\n" % process.pid)
            return Client(self, process)
        except BaseException:
            _discard(process)
            raise

    def tell(self, line: bytes) -> None:
        """Tell the watcher *line*; if somebody killed it, hosts are still measured."""
        if self._watcher is not None and self._watcher.stdin is not None:
            with contextlib.suppress(OSError, ValueError):  # ValueError: the context has ended
                self._watcher.stdin.write(line)


class Client:
    """A local command, such as ssh, with everything that it started."""

    def __init__(self, lifeline: Lifeline, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self._lifeline = lifeline
        self._process = process
        self._stopped = False
        self.stdin, self.stdout, self.stderr = process.stdin, process.stdout, process.stderr
        for pipe in (self.stdin, self.stdout, self.stderr):
            os.set_blocking(pipe.fileno(), False)

    def status(self) -> int | None:
        """Its exit status when it has ended itself; then nothing that it started runs either."""
        status = self._process.poll()
        if status is not None:
            self._stop()
        return status

    def end(self) -> None:
        """Leave nothing of it behind: no process, no pipe."""
        self._stop()
        _discard(self._process)

    def _stop(self) -> None:
        """Kill its process group, once.

        That comes in the same step as the call that learns of its end, so that the number of the
        group cannot have become another's.
        """
        if self._stopped:
            return
        self._stopped = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._lifeline.tell(b"- %d\n" % self._process.pid)


def _discard(process: subprocess.Popen[bytes]) -> None:
    """Kill *process* if it is still there, close its pipes and take note of its end."""
    with contextlib.suppress(PermissionError):  # sudo's; it ends when its pipes do
        process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(_REAP)
    except subprocess.TimeoutExpired:
        process.returncode = -1  # nobody can end it, and Popen is not to warn of that
