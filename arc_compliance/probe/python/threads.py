"""Threads that never keep the process alive, and a pool of them."""

import queue
import threading
from typing import Any, Callable, TypeAlias

from arc_compliance.probe.python.limits import MAX_AT_ONCE

Job: "TypeAlias" = "tuple[Callable[..., object], tuple[Any, ...]]"


def start_thread(function: "Callable[..., object]", *arguments: "Any") -> threading.Thread:
    """A daemon thread that runs *function*; it never keeps the process alive."""
    thread = threading.Thread(target=function, args=arguments)
    thread.daemon = True
    thread.start()
    return thread


class ThreadPool:
    """Up to MAX_AT_ONCE threads that carry out the jobs added by others or by themselves."""

    def __init__(self) -> None:
        self.jobs: queue.Queue[Job] = queue.Queue()
        self.lock = threading.Lock()
        self.size = 0

    def add(self, function: "Callable[..., object]", *arguments: "Any") -> None:
        """Have *function* called as soon as a thread is free."""
        self.jobs.put((function, arguments))
        with self.lock:
            if self.size < MAX_AT_ONCE:
                try:
                    start_thread(self._work)
                    self.size += 1
                except RuntimeError:  # the host allows us no more threads
                    if not self.size:
                        raise

    def _work(self) -> None:
        while True:
            function, arguments = self.jobs.get()
            try:
                function(*arguments)
            finally:
                self.jobs.task_done()

    def wait(self) -> None:
        """Return when all that was added is done."""
        self.jobs.join()
