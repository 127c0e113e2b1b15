"""One error: each place is put before it on its way up, and nothing of the way is lost."""

from __future__ import annotations

import pickle
import re

import pytest

from arc_compliance.base.fault import Fault, reading
from selftests.suite_run import ROOT


def test_places_lead_to_the_fault() -> None:
    with pytest.raises(Fault) as caught, reading("--inventory"), reading("hosts.yaml"):
        raise Fault("'ftp://p' is not a proxy", where="groups.web.proxy")

    fault = caught.value
    assert str(fault) == "--inventory: hosts.yaml: groups.web.proxy: 'ftp://p' is not a proxy"
    assert fault.where == "--inventory: hosts.yaml: groups.web.proxy"
    assert fault.what == "'ftp://p' is not a proxy"
    assert isinstance(fault.__cause__, Fault)


def test_without_a_place_it_is_a_sentence() -> None:
    assert str(Fault("names nothing")) == "names nothing"
    assert str(Fault("names nothing").within("list.txt")) == "list.txt: names nothing"


def test_other_errors_pass_as_they_are() -> None:
    with pytest.raises(KeyError), reading("--hosts"):
        raise KeyError


def test_it_can_be_sent_to_another_process() -> None:
    again = pickle.loads(pickle.dumps(Fault("is not a file", where="a.yaml")))

    assert (str(again), again.where, again.what) == ("a.yaml: is not a file", "a.yaml", again.what)


def test_there_is_one_class_for_what_a_user_got_wrong() -> None:
    """What is no Fault carries a value out of a library, or is the probe's own."""
    found = {
        name
        for path in (ROOT / "arc_compliance").rglob("*.py")
        if "probe" not in path.parts
        for name in re.findall(
            r"^class (\w+)\(\w*(?:Error|Exception)\)", path.read_text(), re.MULTILINE
        )
    }

    assert found == {"BadSignature", "Fault", "PageError", "Tampered", "_CommandLine"}
