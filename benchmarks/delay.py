"""What one host costs where every endpoint is a delay away, beside curl's slowest request there.

``python -m benchmarks.delay [MILLISECONDS]`` starts the simulated Azure behind relays that hold
back whatever passes by so many milliseconds each way, the connection itself included, as this
kernel has no netem. It runs the probe with the order of a host, and curl with each target alone,
in turn, and prints seconds and ratios.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from arc_compliance.catalogue import load_catalogue
from arc_compliance.lab.azure import SimulatedAzure
from arc_compliance.plan.order import Limits, order_for
from arc_compliance.plan.scope import Scope
from arc_compliance.probe.bundle import bundled

ROUNDS = 5
CLOUD = "AzureChinaCloud"
CONNECTION = 2
"""How often a connection crosses the network before its client may speak."""


class Relays:
    """Ports of this machine that lead to others, *seconds* away."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda *_: None)  # clients hang up as they like
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def to(self, port: int) -> int:
        """The port of a relay to *port*."""

        async def serve() -> int:
            async def treat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                with contextlib.suppress(OSError):
                    onward = await asyncio.open_connection("127.0.0.1", port)
                    await asyncio.gather(
                        self._pipe(reader, onward[1], CONNECTION), self._pipe(onward[0], writer, 0)
                    )

            server = await asyncio.start_server(treat, "127.0.0.1", 0, backlog=256)
            return int(server.sockets[0].getsockname()[1])

        return asyncio.run_coroutine_threadsafe(serve(), self._loop).result(10)

    async def _pipe(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, crossings: int
    ) -> None:
        """Pass on what comes, each piece so much later; the first after *crossings* more."""
        opened = self._loop.time() + crossings * self._seconds
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def take() -> None:
            piece = b"."
            while piece:
                try:
                    piece = await reader.read(65536)
                except OSError:
                    piece = b""
                await pieces.put((max(self._loop.time(), opened) + self._seconds, piece))

        taking = asyncio.create_task(take())
        with contextlib.suppress(OSError):
            while True:
                due, piece = await pieces.get()
                await asyncio.sleep(due - self._loop.time())
                if not piece:
                    break
                writer.write(piece)
                await writer.drain()
        taking.cancel()
        writer.close()


def main(milliseconds: float) -> None:
    """Time the probe and curl in turn, and print how they compare."""
    catalogue = load_catalogue(CLOUD)
    relays = Relays(milliseconds / 1000)
    with tempfile.TemporaryDirectory() as folder, SimulatedAzure(catalogue) as azure:
        far = {port: relays.to(port) for _, _, _, port in azure.connect_to}
        connect_to = tuple(
            (name, port, address, far[to]) for name, port, address, to in azure.connect_to
        )
        order = order_for(
            "local",
            run="benchmark",
            catalogue=catalogue,
            scope=Scope(cloud=CLOUD, location="chinanorth3"),
            limits=Limits(),
            connect_to=(*connect_to, *azure.controls),
            trust_file=str(azure.trust_file),
            user_agent="arc-compliance/benchmark",
        )
        program = Path(folder) / "probe.py"
        program.write_bytes(bundled())
        there = {(name, port): f"{name}:{port}:{a}:{to}" for name, port, a, to in connect_to}
        probes, slowest = [], []
        for _ in range(ROUNDS):
            probes.append(
                timed([sys.executable, str(program)], given=order.as_json().encode("ascii"))
            )
            slowest.append(max(curls(order.targets, there)))
    probe, curl = statistics.median(probes), statistics.median(slowest)
    print(f"one host, {len(order.targets)} targets, by the probe  {probe:6.3f} s")
    print(f"curl's slowest single request            {curl:6.3f} s   {probe / curl:4.2f} x")


def curls(targets: object, there: dict[tuple[str, int], str]) -> Iterator[float]:
    """The seconds of curl for each target by itself."""
    for target in targets:  # type: ignore[attr-defined]
        command = ["curl", "-sk", "-o", "/dev/null", "-m", "15", "--connect-to"]
        url = f"{target.scheme}://{target.name}{target.path}"
        yield timed([*command, there[target.name, target.port], url])


def timed(command: list[str], given: bytes = b"") -> float:
    """The seconds of a command."""
    started = time.monotonic()
    subprocess.run(command, input=given, capture_output=True, check=True, timeout=120)
    return time.monotonic() - started


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 50)
