"""The names of a run: each is looked up once, a few at a time."""

import threading
import time

from arc_compliance.probe.python.contract import DNS_FAILED, DNS_NOT_FOUND, PROBE_FAILED, Record
from arc_compliance.probe.python.files import read_text
from arc_compliance.probe.python.name_servers import NameServers
from arc_compliance.probe.python.resolve import Question, by_lot, is_address
from arc_compliance.probe.python.scrubbing import describe
from arc_compliance.probe.python.steps import StepFailed
from arc_compliance.probe.python.threads import start_thread

RESOLV_CONF, HOSTS = "/etc/resolv.conf", "/etc/hosts"
MOST_SECONDS = 15  # that a name is waited for
FIRST_AT_ONCE = 6  # questions; each answer allows for one more
SLOW = 1.0  # seconds, after which a failure is no refusal
REPEAT_PAUSE = (0.3, 1.5)  # seconds, drawn by lot, before a name is asked for again


class LookUp:
    """One name that is looked up: its addresses or why it has none, and the seconds it took."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.done = threading.Event()
        self.addresses: list[str] = []
        self.failure: StepFailed | None = None
        self.seconds = 0.0

    def needed(self) -> "list[str]":
        """The addresses; StepFailed where there are none."""
        if self.failure is not None:
            seen: Record = {"duration": self.seconds}
            raise StepFailed(self.failure.cause, self.failure.detail, seen=seen)
        return self.addresses


class Resolver:
    """Looks names up as long as the host's own resolver may take for one, at most MOST_SECONDS.

    Many hosts that are measured at once must not drown their name server: what is asked for at
    once begins with a few and grows with the answers.
    """

    def __init__(self, least_seconds: float) -> None:
        self.least_seconds = least_seconds
        self.servers = NameServers(file_or_nothing(RESOLV_CONF))
        self.pinned = pinned_names(file_or_nothing(HOSTS))
        self.limit = max(least_seconds, min(MOST_SECONDS, self.servers.cost() + 1))
        self.turns = threading.Condition()
        self.found: dict[str, LookUp] = {}
        self.failed: set[str] = set()
        self.asking = 0
        self.allowed = FIRST_AT_ONCE
        self.answered = False

    def addresses(self, name: str) -> "list[str]":
        """All addresses of *name*, IPv4 and IPv6, in the resolver's order; StepFailed for none."""
        return self.look_up(name).needed()

    def look_up(self, name: str) -> LookUp:
        """What the resolver says of *name*, or has said earlier in the run."""
        with self.turns:
            known = self.found.get(name.lower())
            if known is None:
                look_up = self.found[name.lower()] = LookUp(name)
        if known is not None:
            known.done.wait()
            return known
        try:
            self._carry_out(look_up)
        except StepFailed as failed:
            look_up.failure = failed
        except Exception as problem:  # noqa: BLE001 - others wait for it
            look_up.failure = StepFailed(PROBE_FAILED, describe(problem))
        finally:
            look_up.done.set()
        return look_up

    def forget_failures(self) -> None:
        """Have what failed asked for again, when it is next needed."""
        with self.turns:
            ended = [key for key, one in self.found.items() if one.done.is_set() and one.failure]
            self.failed.update(ended)
            for key in ended:
                del self.found[key]

    def pinned_by(self, name: str, addresses: "list[str]") -> "str | None":
        """The line of /etc/hosts, as file:line, from which *name* has one of *addresses*."""
        lines = self.pinned.get(name.lower(), ())
        return next((f"{HOSTS}:{line}" for line, address in lines if address in addresses), None)

    def _carry_out(self, look_up: LookUp) -> None:
        if is_address(look_up.name):
            look_up.addresses = [look_up.name]
            return
        if look_up.name.lower().rstrip(".").rpartition(".")[2] == "invalid":
            raise StepFailed(DNS_NOT_FOUND, ".invalid names do not exist (RFC 6761 section 6.4)")
        if look_up.name.lower() in self.failed and not self.servers.silent_for():
            time.sleep(by_lot(*REPEAT_PAUSE))
        entered = time.monotonic()
        self._await_turn(look_up.name, entered)
        began, answered = time.monotonic(), False
        try:
            question = Question(look_up.name, self.limit)
            look_up.addresses = question.ask(lambda: self._is_hopeless(entered))
            answered = True
        except StepFailed as failed:
            answered = failed.cause == DNS_NOT_FOUND
            raise
        finally:
            look_up.seconds = round(time.monotonic() - began, 6)
            self._end_turn(look_up, answered=answered)

    def _is_hopeless(self, entered: float) -> bool:
        """Whether a name that is wanted since *entered* need not be waited for any longer: no
        server answers at all, not even to a plain question."""
        silent = 0.0 if self.answered else self.servers.silent_for()
        if silent < self.least_seconds * (2 if self.servers.ask_others() else 1):
            return False
        return silent >= 2 * self.least_seconds or time.monotonic() - entered >= self.least_seconds

    def _await_turn(self, name: str, entered: float) -> None:
        with self.turns:
            if self.servers.began is None:
                self.servers.began = time.monotonic()
                start_thread(self.servers.ask, name, self.limit)
            while self.asking >= self.allowed and not self.servers.one_is_dead():
                if self._is_hopeless(entered):
                    raise StepFailed(DNS_FAILED, "no name server answers")
                self.turns.wait(0.25)
            self.asking += 1

    def _end_turn(self, look_up: LookUp, *, answered: bool) -> None:
        with self.turns:
            self.asking -= 1
            self.answered = self.answered or answered
            if answered:
                self.allowed += 1
            elif look_up.seconds > SLOW:  # a question was lost, perhaps for being one of many
                self.allowed = max(1, self.allowed // 2)
            self.turns.notify_all()


def pinned_names(text: str) -> "dict[str, list[tuple[int, str]]]":
    """(line, address) of each name in the text of a hosts file."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        for name in words[1:]:
            found.setdefault(name.lower(), []).append((number, words[0]))
    return found


def file_or_nothing(path: str) -> str:
    """The text of a file; none where it cannot be read."""
    try:
        return read_text(path)
    except OSError:
        return ""
