"""What people read for verdicts, causes and owners."""

from __future__ import annotations

import re
from dataclasses import dataclass

from arc_compliance.judge.causes import CAUSES
from arc_compliance.judge.judgement import Verdict
from arc_compliance.report.compliance import Overall


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictWords:
    """A verdict for people: one word or two for a cell, one phrase for a sentence, and its tone.

    ``tone`` names the colour and the sign.
    """

    short: str
    long: str
    tone: str


VERDICTS = {
    Verdict.FAIL: VerdictWords(short="failed", long="failed", tone="fail"),
    Verdict.ERROR: VerdictWords(
        short="no result", long="no result: it could not be measured", tone="error"
    ),
    Verdict.BLOCKED: VerdictWords(
        short="not reached", long="not reached: an earlier step failed", tone="blocked"
    ),
    Verdict.NOT_TESTED: VerdictWords(
        short="not tested",
        long="not tested: an option, a file or rights are missing",
        tone="open",
    ),
    Verdict.WARN: VerdictWords(short="warning", long="warning", tone="warn"),
    Verdict.WAIVED: VerdictWords(short="waived", long="waived", tone="waived"),
    Verdict.PASS: VerdictWords(short="passed", long="passed", tone="pass"),
    Verdict.NOT_TESTABLE: VerdictWords(
        short="not testable", long="not testable: a host cannot show it", tone="open"
    ),
    Verdict.NOT_APPLICABLE: VerdictWords(
        short="not applicable", long="not applicable in this scope", tone="none"
    ),
}
"""Every verdict, worst first."""

OVERALL = {
    Overall.COMPLIANT: ("Compliant", "pass"),
    Overall.COMPLIANT_WITH_WAIVERS: ("Compliant with waivers", "waived"),
    Overall.NON_COMPLIANT: ("Not compliant", "fail"),
    Overall.INCOMPLETE: ("Incomplete", "error"),
}
"""The verdict on a run: its title and its tone."""

STAGES = {
    "resolve": "Resolve",
    "connect": "Connect",
    "proxy": "Proxy",
    "tls": "TLS",
    "certificate": "Certificate",
    "http": "HTTP",
}
"""The steps of a measurement, in order."""

_IDS = sorted((cause for cause in CAUSES if "-" in cause), key=len, reverse=True)
_CAUSE = re.compile(
    rf"(?<![\w./-])({'|'.join(_IDS)})(?: while at (?:{'|'.join(STAGES)}))?(?![\w./-]*\w)"
)


def sentence(text: str) -> str:
    """*text* with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def cause_words(cause: str) -> str:
    """What *cause* means, without a full stop; the id itself where nobody knows it."""
    known = CAUSES.get(cause)
    return known.words if known else cause


def plain(text: str) -> str:
    """*text* of a judge with words where it has the id of a cause."""
    return _CAUSE.sub(lambda found: cause_words(found[1]), text)


def counted(number: int, one: str, many: str = "") -> str:
    """``1 host``, ``2 hosts``, ``1,000 hosts``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
