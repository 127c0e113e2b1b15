"""junit.xml against what both common schemas take: Jenkins' (junit-10) and that for Apache Ant.

The form below is the part that they share, in our own words. Two exceptions: neither schema knows
<properties> inside a testcase, nor the offset in a time. Readers without a schema know both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

import pytest

from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]

TEXT = r"(?s:.*)"
WORD = r"\S(.*\S)?"
COUNT = r"\d{1,9}"
SECONDS = r"\d+(\.\d+)?"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"


@dataclass
class Form:
    """An element: its children's names in order as a pattern, and its attributes, none optional."""

    children: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = r"\s*"


OUTCOME = Form(attributes={"message": TEXT, "type": TEXT}, text=TEXT)
FORMS = {
    "testsuites": Form("(testsuite )*"),
    "testsuite": Form(
        "properties (testcase )*system-out system-err ",
        {
            "name": WORD,
            "id": COUNT,
            "package": WORD,
            "hostname": WORD,
            "timestamp": TIME,
            "tests": COUNT,
            "failures": COUNT,
            "errors": COUNT,
            "skipped": COUNT,
            "time": SECONDS,
        },
    ),
    "properties": Form("(property )*"),
    "property": Form(attributes={"name": WORD, "value": TEXT}),
    "testcase": Form(
        "properties ((skipped|error|failure) )?",  # the exception is the first word
        {"name": WORD, "classname": WORD, "time": SECONDS},
    ),
    "skipped": OUTCOME,
    "error": OUTCOME,
    "failure": OUTCOME,
    "system-out": Form(text=TEXT),
    "system-err": Form(text=TEXT),
}


def refusals(element: ET.Element) -> Iterator[str]:
    """What is wrong with *element* and all below it, a line each."""
    form = FORMS[element.tag]
    children = "".join(f"{child.tag} " for child in element)
    if not re.fullmatch(form.children, children):
        yield f"{element.tag}: children {children[:80]!r}"
    for name in sorted(form.attributes.keys() ^ element.keys()):
        yield f"{element.tag}: {name} is {'missing' if name in form.attributes else 'unknown'}"
    for name in form.attributes.keys() & element.keys():
        if not re.fullmatch(form.attributes[name], element.attrib[name]):
            yield f"{element.tag}: {name}={element.attrib[name]!r}"
    for text in (element.text, *(child.tail for child in element)):
        if not re.fullmatch(form.text, text or ""):
            yield f"{element.tag}: text {text!r}"
    for child in element:
        yield from refusals(child) if child.tag in FORMS else [f"{child.tag} is unknown"]


def _root(run: SuiteRun) -> ET.Element:
    return ET.parse(run.reports / "junit.xml").getroot()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--demo"],
        ["--demo=faulty"],
        ["--demo=faulty", "-x"],
        ["tests_tls", "--demo", "-k", "login", "--partial-ok"],
    ],
    ids=["healthy", "faulty", "stopped", "partial"],
)
def test_both_schemas_take_the_report(run_suite: RunSuite, arguments: list[str]) -> None:
    root = _root(run_suite(*arguments))

    assert root.tag == "testsuites"
    assert list(refusals(root)) == []
    assert [suite.get("hostname") for suite in root] == ["local", "localhost"]


def test_every_outcome_was_there_to_be_refused(run_suite: RunSuite) -> None:
    root = _root(run_suite("--demo=faulty", "-x"))

    assert {e.tag for e in root.iter()} >= {"skipped", "failure", "error", "system-out", "property"}


@pytest.mark.parametrize(
    ("path", "attribute", "value", "refusal"),
    [
        (".", "skipped", "3", "testsuites: skipped is unknown"),
        ("testsuite", "timestamp", "2026-01-02T03:04:05", "testsuite: timestamp="),
        ("testsuite", "hostname", "", "testsuite: hostname="),
        ("testsuite/testcase", "time", "1e-05", "testcase: time="),
        ("testsuite/testcase", "file", "a.py", "testcase: file is unknown"),
    ],
)
def test_what_a_schema_refuses_is_refused(
    path: str, attribute: str, value: str, refusal: str
) -> None:
    root = _smallest()
    assert list(refusals(root)) == []

    one = root.find(path)
    assert one is not None
    one.set(attribute, value)

    assert any(line.startswith(refusal) for line in refusals(root))


def test_an_order_that_a_schema_refuses_is_refused() -> None:
    root = _smallest()
    suite = root[0]
    suite.append(suite[0])

    assert any(line.startswith("testsuite: children") for line in refusals(root))


def _smallest() -> ET.Element:
    """A document of one case that both schemas take, but for the case's properties."""
    return ET.fromstring(
        '<testsuites><testsuite name="s" id="0" package="p" hostname="h" tests="1" failures="0"'
        ' errors="0" skipped="0" time="0.5" timestamp="2026-01-02T03:04:05+00:00"><properties/>'
        '<testcase name="n" classname="c" time="0.5"><properties/></testcase>'
        "<system-out/><system-err/></testsuite></testsuites>"
    )
