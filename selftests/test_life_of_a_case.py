"""docs/life-of-a-case.md names the files and definitions of today."""

from __future__ import annotations

import re

import pytest

from selftests.suite_run import ROOT

PAGE = (ROOT / "docs" / "life-of-a-case.md").read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"`((?:arc_compliance|fixtures|tests_network)/[\w/.]+)`", PAGE)))
NAMES = sorted(set(re.findall(r"`([A-Za-z]\w*)`", PAGE)) - {"fixtures", "web01"})
ROOMS = ("catalogue", "options", "plan", "collect", "probe", "wire", "judge", "report")


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_defined_in_a_file_of_the_page(name: str) -> None:
    definition = re.compile(rf"^(?:async )?(?:def|class) {name}\b|^{name}\b.* = ", re.MULTILINE)
    texts = [(ROOT / file).read_text(encoding="utf-8") for file in FILES]

    assert [text for text in texts if definition.search(text)]


def test_each_room_is_met_once_and_in_order() -> None:
    steps = re.findall(r"^\d+\. \*\*(\w+)\.\*\*", PAGE, re.MULTILINE)

    assert tuple(step.lower() for step in steps) == ROOMS


def test_the_row_is_in_the_catalogue() -> None:
    text = (ROOT / "arc_compliance" / "catalogue" / "azure_china.yaml").read_text(encoding="utf-8")

    assert "urls/his" in text
    assert "*.his.arc.azure.cn" in text
