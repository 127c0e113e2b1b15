"""junit.xml of a large fleet: parts that a CI server takes, and nothing lost between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from junitparser import JUnitXml

from arc_compliance.judge.judgement import Judgement
from arc_compliance.report.compliance import (
    REPORT,
    ComplianceReport,
    Overall,
    Result,
    overall_judgement,
)
from arc_compliance.report.junit import render_junit
from selftests.runs.golden_triples import GOLDEN_HEADER
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]


def _report(hosts: int) -> ComplianceReport:
    judgements = [
        Judgement(
            case=f"{host}-{requirement}",
            requirement=requirement,
            section="URLs",
            level="MUST",  # type: ignore[arg-type]
            verdict="pass",  # type: ignore[arg-type]
            host=f"web{host}",
        )
        for host in range(hosts)
        for requirement in ("urls/aka", "urls/his")
    ]
    judgements.append(overall_judgement(Overall.COMPLIANT, [], "the run is compliant"))
    results = tuple(
        Result(classname="c", name=j.case, duration=0.001, judgement=j) for j in judgements
    )
    return REPORT.validate_python(
        {
            "overall": Overall.COMPLIANT,
            "header": GOLDEN_HEADER,
            "hosts": (),
            "results": results,
            "missing": (),
        }
    )


def _names(text: str) -> list[str]:
    return [case.name for suite in JUnitXml.fromstring(text.encode()) for case in suite]


def test_a_small_report_is_one_file() -> None:
    (text,) = render_junit(_report(3))

    assert len(_names(text)) == 7


def test_a_large_one_is_parted_between_hosts_and_loses_nothing() -> None:
    report = _report(10)

    texts = list(render_junit(report, most_bytes=6000))

    assert len(texts) > 2
    assert max(len(text.encode()) for text in texts) <= 6000
    names = [_names(text) for text in texts]
    assert [name for part in names for name in part] == [r.name for r in report.results]
    hosts = [{name.partition("-")[0] for name in part} for part in names]
    assert sum(map(len, hosts)) == len(set.union(*hosts))


def test_one_host_is_never_torn_apart() -> None:
    assert len(list(render_junit(_report(1), most_bytes=10))) == 1


def test_parts_of_an_older_run_do_not_stay(run_suite: RunSuite, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "junit-2.xml").write_text(next(render_junit(_report(1))))
    (tmp_path / "reports" / "junit-3.xml").write_text("<testsuites/>")

    run = run_suite("tests_tls", "--demo")

    assert not (run.reports / "junit-2.xml").exists()
    assert (run.reports / "junit-3.xml").read_text() == "<testsuites/>"


def test_github_gets_a_summary_of_each_step(run_suite: RunSuite, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n\n")

    run_suite("--demo=faulty", env={"GITHUB_STEP_SUMMARY": str(summary)})

    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n\n## arc-compliance: Not compliant (simulated)\n\n")
    assert "<h3>Network team</h3>" in text
    assert "<code>urls/packages</code>" in text
