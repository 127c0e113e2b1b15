"""Faults in a catalogue: file, place, what is wrong, and the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from arc_compliance.base.fault import Fault
from arc_compliance.catalogue import load_catalogue, read_catalogue

SOUND = """\
cloud: AzureTestCloud
title: A small catalogue
regions: [east, south]
requirements:
  - id: urls/his
    section: URLs
    statement: The host reaches it.
    level: MUST
    condition: always
    when: [servers]
    client: agent
    subject: endpoint
    endpoint:
      label: "*.his.test"
      patterns: ["*.his.test"]
      names: [gbl.his.test]
      regional_names: {east: [east.his.test]}
      ports: [{scheme: https, port: 443}]
  - id: principles/tcp
    section: Details
    statement: TCP it is.
    level: MUST
    condition: always
    when: [always]
    client: agent
    subject: host
discoveries:
  - name: gbl.his.test
    path: /discovery?location={location}
    rows: [urls/his]
    source: a test
ledger:
  - section: Details
    says: TCP
    requirements: [principles/tcp, urls/his]
"""

FAULTS = {
    "unknown condition": (
        "when: [servers]",
        "when: [instal]",
        "requirements[0].when[0]: unknown condition 'instal' (did you mean 'install'?)",
        10,
    ),
    "unknown level": (
        "level: MUST",
        "level: must",
        "requirements[0].level: unknown level 'must' (did you mean 'MUST'?)",
        8,
    ),
    "unknown client": (
        "client: agent",
        "client: zzz",
        "requirements[0].client: unknown client 'zzz'; known are agent, installer, "
        "package-manager, os, each, none",
        11,
    ),
    "unknown scheme": (
        "scheme: https",
        "scheme: htps",
        "requirements[0].endpoint.ports[0].scheme: unknown scheme 'htps' (did you mean 'https'?)",
        18,
    ),
    "unknown key": (
        "    level: MUST",
        "    levl: MUST\n    level: MUST",
        "requirements[0].levl: unknown key (did you mean 'level'?)",
        8,
    ),
    "unknown key of an endpoint": (
        "      names:",
        "      pattern: x\n      names:",
        "requirements[0].endpoint.pattern: unknown key (did you mean 'patterns'?)",
        16,
    ),
    "unknown key at the top": (
        "title:",
        "regoins: [east]\ntitle:",
        "regoins: unknown key (did you mean 'regions'?)",
        2,
    ),
    "missing field": (
        "    level: MUST\n",
        "",
        "requirements[0].level: is missing",
        5,
    ),
    "duplicate id": (
        "id: principles/tcp",
        "id: urls/his",
        "requirements[1].id: 'urls/his' is the id of requirements[0] too",
        19,
    ),
    "duplicate key": (
        "    level: MUST\n",
        "    level: MUST\n    level: MAY\n",
        "not valid YAML: the key 'level' is given twice",
        9,
    ),
    "unknown region": (
        "{east: [",
        "{eas: [",
        "requirements[0].endpoint.regional_names.eas: unknown region 'eas' (did you mean 'east'?)",
        17,
    ),
    "unknown retired region": (
        "regions: [east, south]\n",
        "regions: [east, south]\nretired_regions: {mars: gone}\n",
        "retired_regions.mars: unknown region 'mars'",
        4,
    ),
    "name of another row": (
        "names: [gbl.his.test]",
        "names: [gbl.hers.test]",
        "requirements[0].endpoint: name 'gbl.hers.test' is not covered by *.his.test",
        14,
    ),
    "no host name": (
        "names: [gbl.his.test]",
        'names: ["gbl.his.test;ls"]',
        "requirements[0].endpoint.names[0]: 'gbl.his.test;ls' is not of the expected form",
        16,
    ),
    "no port": (
        "port: 443",
        "port: https",
        "requirements[0].endpoint.ports[0].port: expected a number, got 'https'",
        18,
    ),
    "a text for a list": (
        "when: [always]",
        "when: always",
        "requirements[1].when: expected a list, got 'always'",
        24,
    ),
    "a number for a text": (
        "statement: TCP it is.",
        "statement: 6",
        "requirements[1].statement: expected a text, got 6",
        21,
    ),
    "a text for a mapping": (
        "ports: [{scheme: https, port: 443}]",
        "ports: [https]",
        "requirements[0].endpoint.ports[0]: expected a mapping, got 'https'",
        18,
    ),
    "an empty list": (
        "when: [always]",
        "when: []",
        "requirements[1].when: must not be empty",
        24,
    ),
    "an endpoint where none belongs": (
        "subject: endpoint",
        "subject: host",
        "requirements[0]: an endpoint is given exactly where the subject is 'endpoint'",
        5,
    ),
    "two reasons": (
        "    subject: host",
        "    subject: host\n    not_tested: later\n    not_testable: never",
        "requirements[1]: not_tested and not_testable exclude each other",
        19,
    ),
    "a MUST of our own": (
        "id: principles/tcp",
        "id: practice/clock",
        "requirements[1]: practice/ requirements are SHOULD or MAY",
        19,
    ),
    "ledger with an unknown id": (
        "requirements: [principles/tcp, urls/his]",
        "requirements: [principles/tcp, urls/hi]",
        "ledger[0].requirements[1]: unknown requirement 'urls/hi' (did you mean 'urls/his'?)",
        35,
    ),
    "ledger that leaves one out": (
        "requirements: [principles/tcp, urls/his]",
        "requirements: [urls/his]",
        "requirements[1].id: 'principles/tcp' stands in no ledger entry",
        19,
    ),
    "ledger entry that says neither": (
        "    requirements: [principles/tcp, urls/his]\n",
        "",
        "ledger[0]: a ledger entry names requirements, or says why it is informative",
        33,
    ),
    "discovery for an unknown row": (
        "rows: [urls/his]",
        "rows: [urls/hiss]",
        "discoveries[0].rows[0]: unknown requirement 'urls/hiss' (did you mean 'urls/his'?)",
        30,
    ),
    "discovery for a row without a wildcard": (
        "rows: [urls/his]",
        "rows: [principles/tcp]",
        "discoveries[0].rows[0]: 'principles/tcp' is not a row with a wildcard",
        30,
    ),
    "no YAML": (
        "regions: [east, south]",
        "regions: [east, south",
        "not valid YAML: did not find expected ',' or ']'",
        4,
    ),
}

NO_CATALOGUES = {
    "": "expected a mapping, got None (line 1)",
    "- a\n- b\n": "expected a mapping, got ['a', 'b'] (line 1)",
    "a: !!python/name:os.system\n": "not valid YAML: could not determine a constructor for the tag "
    "'tag:yaml.org,2002:python/name:os.system' (line 1)",
    "{[a]: b}": "not valid YAML: found unhashable key (line 1)",
}

CLOUDS = {
    "AzureCloud": "no catalogue for AzureCloud yet: available are AzureChinaCloud",
    "AzureUSGovernment": "no catalogue for AzureUSGovernment yet: available are AzureChinaCloud",
    "AzureChinaClud": "unknown cloud 'AzureChinaClud': a catalogue exists for AzureChinaCloud "
    "(did you mean 'AzureChinaCloud'?)",
    "azurecloud": "unknown cloud 'azurecloud': a catalogue exists for AzureChinaCloud "
    "(did you mean 'AzureCloud'?)",
    "Mars": "unknown cloud 'Mars': a catalogue exists for AzureChinaCloud",
}


def message_about(folder: Path, text: str) -> str:
    path = folder / "test_cloud.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Fault) as caught:
        read_catalogue(path)
    return str(caught.value)


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "test_cloud.yaml"
    path.write_text(SOUND, encoding="utf-8")

    catalogue = read_catalogue(path)

    assert [r.id for r in catalogue.requirements] == ["urls/his", "principles/tcp"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_its_place(tmp_path: Path, fault: str) -> None:
    sound, broken, message, line = FAULTS[fault]
    assert sound in SOUND

    told = message_about(tmp_path, SOUND.replace(sound, broken, 1))

    assert told == f"test_cloud.yaml: {message} (line {line})"


@pytest.mark.parametrize("text", NO_CATALOGUES)
def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path, text: str) -> None:
    assert message_about(tmp_path, text) == f"test_cloud.yaml: {NO_CATALOGUES[text]}"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        read_catalogue(tmp_path / "gone.yaml")

    assert str(caught.value) == "gone.yaml: cannot be read: No such file or directory"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cloud_without_a_catalogue_is_told(cloud: str) -> None:
    with pytest.raises(Fault) as caught:
        load_catalogue(cloud)

    assert str(caught.value) == CLOUDS[cloud]
