"""The additional handshake, with TLS 1.2 only and every cipher suite."""

from arc_compliance.probe.python.channels import TlsChannel
from arc_compliance.probe.python.contract import PROBE_FAILED, TLS_VERSION, Record
from arc_compliance.probe.python.routes import Route
from arc_compliance.probe.python.scrubbing import describe
from arc_compliance.probe.python.steps import StepFailed, as_record
from arc_compliance.probe.python.tls import EVERY_CIPHER, GO_CIPHERS, agents_client, shake_hands


class Tls12:
    """Whether a target speaks TLS 1.2: the record of it, None where no connection was made."""

    def __init__(self, route: Route, name: str, limit: float) -> None:
        self.route = route
        self.name = name
        self.limit = limit
        self.record: Record | None = None
        self.chain: list[bytes] = []

    def ask(self) -> None:
        """Shake hands on a connection of its own; whatever happens is recorded."""
        self.record = None
        record: Record = {"negotiated": False, "cipher": None, "failure": None}
        try:
            channel = self._handshake(EVERY_CIPHER)
            record.update(negotiated=True, cipher=channel.cipher())
            self.chain = channel.chain() or []
        except StepFailed as refused:
            if not refused.cause.startswith("tls-"):
                return  # that says nothing about TLS
            record["failure"] = as_record(refused)
        except Exception as problem:  # noqa: BLE001 - a fault of ours must show in the evidence
            record["failure"] = as_record(StepFailed(PROBE_FAILED, describe(problem)))
        self.record = record

    def _handshake(self, ciphers: "tuple[str, ...]") -> TlsChannel:
        client = agents_client(ciphers, only_tls12=True)
        return shake_hands(self.route.open_again(), client, self.name, self.limit)

    def outcome(self) -> "str | None":
        """Why it was not negotiated, empty where it was; None where nobody knows."""
        if self.record is None:
            return None
        failure = self.record["failure"]
        return str(failure["cause"]) if failure else ""

    def answered_older(self) -> bool:
        """Whether the peer answered with a version before TLS 1.2."""
        return self.outcome() == TLS_VERSION

    def beside_failure(self) -> str:
        """What to say of TLS 1.2 where the agent's own handshake has failed; empty for nothing."""
        if self.record is None or not self.record["negotiated"]:
            return ""
        cipher = self.record["cipher"]
        if cipher not in GO_CIPHERS and not self._takes_a_suite_of_go():
            return f"no cipher suite in common with a Go client: the peer takes {cipher}"
        return f"TLS 1.2 alone passed, with {cipher}"

    def _takes_a_suite_of_go(self) -> bool:
        try:
            self._handshake(GO_CIPHERS)
        except StepFailed:
            return False
        return True
