"""Threads that never keep the process alive, and a pool of them."""

import queue
import threading
from typing import Any, Callable, TypeAlias

Job: "TypeAlias" = "tuple[Callable[..., object], tuple[Any, ...]]"


def start_thread(function: "Callable[..., object]", *arguments: "Any") -> threading.Thread:
    """A daemon thread that runs *function*; it never keeps the process alive."""
    thread = threading.Thread(target=function, args=arguments)
    thread.daemon = True
    thread.start()
    return thread


class ThreadPool:
    """Up to *at_most* threads that carry out the jobs added by others or by themselves."""

    def __init__(self, at_most: int) -> None:
        self.at_most = at_most
        self.jobs: queue.Queue[Job] = queue.Queue()
        self.lock = threading.Lock()
        self.size = 0

    def add(self, function: "Callable[..., object]", *arguments: "Any") -> None:
        """Have *function* called as soon as a thread is free."""
        self.jobs.put((function, arguments))
        with self.lock:
            if self.size < self.at_most:
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


class Jobs:
    """Jobs of a pool for which one caller waits; a job may add others."""

    def __init__(self, pool: ThreadPool) -> None:
        self.pool = pool
        self.ended = threading.Condition()
        self.left = 0

    def add(self, function: "Callable[..., object]", *arguments: "Any") -> None:
        """Have the pool call *function*."""
        with self.ended:
            self.left += 1
        self.pool.add(self._run, function, arguments)

    def _run(self, function: "Callable[..., object]", arguments: "tuple[Any, ...]") -> None:
        try:
            function(*arguments)
        finally:
            with self.ended:
                self.left -= 1
                self.ended.notify_all()

    def wait(self) -> None:
        """Return when all jobs that were added have ended."""
        with self.ended:
            self.ended.wait_for(lambda: not self.left)
