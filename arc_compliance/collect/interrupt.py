"""Ctrl-C while hosts are measured: all of it stops first, then KeyboardInterrupt is raised."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import anyio


class Interrupt:
    """Takes SIGINT as long as the context lasts, as often as it comes.

    Python's own handler raises an exception wherever the process happens to be: inside the event
    loop, that leaves processes behind and complaints on the terminal. Here it only cancels, between
    two steps of the loop. When the context ends, KeyboardInterrupt is raised if there was one.
    """

    def __init__(self) -> None:
        self._came = False
        self._wake: Callable[[], object] | None = None
        self._before: Any = None

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        if self._came and (error is None or isinstance(error, Exception)):
            raise KeyboardInterrupt from None

    def take(self) -> None:
        """Take an interrupt that came as an exception."""
        self._came = True
        if self._wake is not None:
            self._wake()

    def ends(self, scope: anyio.CancelScope) -> None:
        """Have *scope*, of the running event loop, cancelled by an interrupt that comes or came."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: all of it has ended
                loop.call_soon_threadsafe(scope.cancel)

        self._wake = wake
        if self._came:
            scope.cancel()

    def _handle(self, *_: object) -> None:
        self.take()
