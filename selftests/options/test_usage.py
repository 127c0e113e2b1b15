"""Bad input: exit 4 and one clear line, before any host is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]

FAULTS = {
    "--cloud=AzureChina": "--cloud: unknown cloud 'AzureChina'",
    "--cloud=AzureCloud": "--cloud: no catalogue for AzureCloud yet",
    "--location=chinanorth33": "--location: unknown region 'chinanorth33' "
    "(did you mean 'chinanorth3'?)",
    "--phase=instal": "--phase: unknown value 'instal' (did you mean 'install'?)",
    "--features=ssh,vac": "--features: unknown value 'vac' (did you mean 'wac'?)",
    "--scenario=server": "--scenario: unknown value 'server' (did you mean 'servers'?)",
    "--private-link=arm": "--private-link: arm goes with arc; write arc,arm",
    "--demo=broken": "--demo: unknown value 'broken'",
    "--proxy=proxy:3128": "--proxy: 'proxy:3128' is not a proxy",
    "--proxy=https://proxy": "the agent takes http:// proxies only",
    "--hosts=web01": "--hosts: 'web01' names no backend; write ssh://web01",
    "--hosts=ssh://a,,ssh://b": "--hosts: an empty name in the list",
    "--hosts=winrm://a": "--hosts: winrm://a: Windows hosts are not measured yet in this edition",
    "--hosts=paramiko://a": "paramiko backend gives no command line; write ssh://a",
    "--hosts=safe-ssh://a": "safe-ssh writes files on the host and takes no standard input",
    "--hosts=salt://a": "salt backend takes no standard input; write ssh://a, or measure with",
    "--hosts=chroot:///x": "a chroot has the network of this machine; write local://",
    "--hosts=telnet://a": "unknown backend 'telnet'; use local, ssh, docker, podman, kubectl",
    "--hosts=kubectl://u@pod": "--hosts: kubectl chooses no user; write kubectl://pod",
    "--hosts=kubectl://pod?ns=x": "'ns=x' is not known; after ? stand namespace, container",
    "--hosts=docker://a:80": "--hosts: 'a:80' is not a host; write docker://[user@]name",
    "--hosts=ssh://a?timeout=5": "'timeout=5' is not known; it takes no ?, see --ssh-config",
    "--hosts=ansible://;x": "--hosts: ';x' is not a host or group; write ansible://web",
    "--hosts=ssh://a,ssh://root@a": "--hosts: 'a' is named twice",
    "--hosts=ssh://-oProxyCommand=x": "--hosts: '-oProxyCommand=x' is not a host",
    "--hosts=ssh://a;reboot": "--hosts: 'a;reboot' is not a host",
    "--hosts=ssh://a:0": "--hosts: 0 is not a port in 'a:0'",
    "--connect-to=a:443:b": "--connect-to: 'a:443:b' is not HOST:PORT:ADDR:PORT",
    "--connect-to=a:443:b:70000": "--connect-to: 'a:443:b:70000' is not HOST:PORT:ADDR:PORT",
    "--proxy-bypass=arc": "--proxy-bypass: unknown value 'arc' (did you mean 'Arc'?)",
    "--evidence=/nowhere": "--evidence: /nowhere is not a folder",
    "--evidence=docs/decisions": "holds no evidence: no file there is named *.json",
    "--inventory=/nowhere.yaml": "--inventory: nowhere.yaml: cannot be read",
    "--endpoint=urls/azgn": "--endpoint: 'urls/azgn' is not REQUIREMENT=HOST",
    "--endpoint=urls/login=a.b": "--endpoint: 'urls/login' is not a row with a wildcard",
    "--endpoint=urls/azgn=evil.example": "--endpoint: 'evil.example' is not a name of azgn*",
    "--public-roots=/nowhere.pem": "--public-roots: /nowhere.pem cannot be read",
    "--public-roots=/etc/hostname": "--public-roots: /etc/hostname holds no PEM certificates",
    "--connect-timeout=0": "--connect-timeout: '0' is not a number of seconds",
    "--http-timeout=nan": "--http-timeout: 'nan' is not a number of seconds",
    "--host-deadline=soon": "--host-deadline: 'soon' is not a number of seconds",
    "--forks=0": "--forks: '0' is not a number of hosts",
    "--ssh-config=/nowhere": "--ssh-config: /nowhere cannot be read",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_option_ends_with_4_and_names_itself(run_suite: RunSuite, fault: str) -> None:
    run = run_suite(fault)

    assert run.code == 4
    assert f"ERROR: {FAULTS[fault]}" in run.err or FAULTS[fault] in run.err
    assert "Traceback" not in run.err + run.out
    assert not (run.reports / "junit.xml").exists()


def test_a_password_in_a_host_is_refused_and_not_repeated(run_suite: RunSuite) -> None:
    run = run_suite("--hosts=ssh://root:hunter2@web01")

    assert run.code == 4
    assert "a password in the address of 'web01'" in run.err
    assert "hunter2" not in run.text()


def test_a_proxy_that_is_none_is_named_without_its_password(run_suite: RunSuite) -> None:
    run = run_suite("--proxy=ftp://user:hunter2@proxy")

    assert run.code == 4
    assert "hunter2" not in run.text()


def test_a_bare_demo_that_swallowed_a_path_is_refused(run_suite: RunSuite) -> None:
    run = run_suite("--demo", "tests_tls")

    assert run.code == 4
    assert "--demo: unknown value 'tests_tls'; write --demo or --demo=faulty, and paths before" in (
        run.err
    )


def test_a_report_folder_that_cannot_be_written_ends_with_4(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")

    run = run_suite(f"--report-dir={tmp_path / 'file' / 'reports'}")

    assert run.code == 4
    assert "--report-dir: " in run.err
    assert "cannot be written" in run.err


def test_the_space_form_that_moves_the_root_is_refused(run_suite: RunSuite, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("")

    run = run_suite("--ssh-identity-file", str(key), "--rootdir", str(tmp_path))

    assert run.code == 4 or "arc-compliance" in run.out


@pytest.mark.parametrize("look", ["--collect-only", "--fixtures", "--help", "--markers"])
def test_looking_measures_nothing_and_leaves_reports_alone(run_suite: RunSuite, look: str) -> None:
    run = run_suite(look)

    assert run.code == 0
    assert not run.reports.exists()


def test_nothing_selected_ends_with_5(run_suite: RunSuite) -> None:
    run = run_suite("--demo", "-k", "no-such-case")

    assert run.code == 5


def test_a_report_that_nothing_could_write_is_refused(run_suite: RunSuite) -> None:
    run = run_suite("--demo", "-p", "no:html")

    assert run.code == 4
    assert "report.html is made by pytest-html; leave -p no:html out" in run.err
