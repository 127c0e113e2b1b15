"""The host's own firewall rules about what goes out, for root only."""

import re

from arc_compliance.probe.python.commands import run_command
from arc_compliance.probe.python.contract import PERMISSION_DENIED, Record
from arc_compliance.probe.python.limits import MAX_RULES
from arc_compliance.probe.python.scrubbing import scrubbed

RULES_SECONDS = 5.0


class EgressRules:
    """The rules of nftables or iptables, as their own tools print them."""

    def __init__(self) -> None:
        self.facts: Record = {"tool": "", "rules": "", "failure": "not read in time"}

    def read(self) -> None:
        """Run nft, and iptables too where nft shows some of its rules as ``xt`` only."""
        status, output = run_command(["nft", "-j", "list", "ruleset"], RULES_SECONDS)
        ruleset = " ".join(output[max(0, output.find("{")) :].strip().splitlines())
        native = status == 0 and re.search('"hook": "(output|postrouting)"', ruleset)
        if native and '"xt"' not in ruleset:
            return self._found("nft", ruleset)
        saved = [run_command([one], RULES_SECONDS) for one in ("iptables-save", "ip6tables-save")]
        rules = "\n".join(text for done, text in saved if done == 0)
        if ":OUTPUT " in rules:
            both = ("nft+iptables", ruleset + "\n" + rules)
            return self._found(*(both if native else ("iptables", rules)))
        if native:
            return self._found("nft", ruleset)
        looked = [text for done, text in saved if done == 0 and re.match(r"[#*]|$", text)]
        if looked or (status == 0 and '"nftables"' in ruleset):
            return self._failed(None)  # somebody could look, and there are none
        answers = [output] + [text for _, text in saved]
        answers = [text for text in answers if text.strip() and "No such file" not in text]
        if any(re.search("permi|root", text) for text in answers):
            return self._failed(PERMISSION_DENIED)
        return self._failed(scrubbed(answers[0], 200) if answers else "neither nft nor iptables")

    def _found(self, tool: str, rules: str) -> None:
        if len(rules) > MAX_RULES:
            return self._failed(f"larger than {MAX_RULES} characters")
        self.facts = {"tool": tool, "rules": rules, "failure": None}
        return None

    def _failed(self, why: "str | None") -> None:
        self.facts = {"tool": "", "rules": "", "failure": why}
