"""Field cases: situations from public bug reports, each tried beside the programs it is about.

``right`` is what the verdict has to be, since the program concerned found it so.
"""

from __future__ import annotations

from dataclasses import dataclass

from selftests.lab import field_situations as field_in
from selftests.lab.azure import NAME, NOTIFICATIONS
from selftests.lab.real_clients import Patience
from selftests.lab.situations import HIS, Situation, answered_by, shell_has_a_dead_proxy

AZGN = "azgn*.servicebus.chinacloudapi.cn"
HIS_ROW = "*.his.arc.azure.cn"
NOTIFICATIONS_ROW = f"{NOTIFICATIONS}, *.{NOTIFICATIONS}"
USUAL = Patience()

About = tuple[tuple[str, str], ...]
"""(requirement, row) of the verdicts that a case is about."""


@dataclass(frozen=True, kw_only=True)
class FieldCase:
    """A situation of a bug report: its number in the list of them, what is right, the verdicts that
    it is about, words that the right judgement of the first of them has, how programs are asked."""

    number: int
    situation: Situation
    right: str
    about: About
    words: tuple[str, ...] = ()
    patience: Patience = USUAL
    times: int = 1
    """How often a client asks, where it is not the same every time."""

    older: bool = False
    """Whether a Go client of some years ago is asked too."""

    lists: bool = False
    """Whether the clients are asked for the names of the discovery call."""


def reach(requirement: str, row: str) -> About:
    """The three verdicts that an endpoint's row has."""
    return ((requirement, row), ("tls/1.2", row), ("principles/certificates", row))


LOGIN = reach("urls/login", NAME)
PROXY: About = (("networking/proxy", ""), ("urls/login", NAME))
ONE_BY_ONE = Patience(at_once=1, pause=0.25)
DISCOVERED: About = (("urls/azgn", AZGN),)
INSTALLED_FROM: About = (("urls/aka", "aka.ms"), ("urls/packages", "packages.microsoft.com"))

FIELD_CASES = (
    *(
        FieldCase(number=1, about=LOGIN, situation=answered_by(f"tls13_only_{how}"), right="pass")
        for how in ("closes", "resets", "silent")
    ),
    *(
        FieldCase(
            number=2,
            about=LOGIN,
            situation=answered_by(f"{how}_tls13_hello"),
            right="the row fails: tls-*",
        )
        for how in ("closes", "resets", "ignores")
    ),
    *(
        FieldCase(
            number=3,
            about=LOGIN,
            situation=answered_by(f"{how}_hello"),
            right="a warning of practice/large-hello that names the row; a current Go client fails",
            older=True,
        )
        for how in ("resets_large", "ignores_large", "resets_mldsa")
    ),
    *(
        FieldCase(
            number=4,
            about=LOGIN,
            situation=answered_by(only),
            right="the row fails: no cipher suite in common with the agent",
            older=True,
        )
        for only in ("rsa_key_exchange_only", "dhe_only")
    ),
    FieldCase(
        number=5,
        about=LOGIN,
        situation=field_in.one_of_two_addresses("resets_every_hello"),
        right="a warning that names the address: the agent fails every so often",
        times=8,
    ),
    FieldCase(
        number=5,
        about=LOGIN,
        situation=field_in.one_of_two_addresses("unknown_authority"),
        right="a warning that names the address: the agent fails every so often",
        times=8,
    ),
    FieldCase(
        number=6,
        about=LOGIN,
        situation=field_in.first_name_server_dead,
        right="pass, with a warning that names the slow server",
        patience=Patience(seconds=15),
    ),
    FieldCase(number=7, about=LOGIN, situation=answered_by("many_headers"), right="pass"),
    FieldCase(number=8, about=LOGIN, situation=answered_by("http2_only"), right="pass"),
    *(
        FieldCase(
            number=9,
            situation=answered_by(f"allow_list_{form}", NOTIFICATIONS),
            right="the names are read",
            about=DISCOVERED,
            lists=True,
        )
        for form in ("with_bom", "gzip", "utf16")
    ),
    FieldCase(
        number=10,
        situation=field_in.daemons_no_proxy(HIS_ROW, "a_star"),
        right="Go goes past the proxy: the row fails",
        about=reach("urls/his", HIS_ROW),
    ),
    FieldCase(
        number=10,
        situation=field_in.daemons_no_proxy(f"{HIS}:443", "a_port"),
        right="Go goes past the proxy: the row fails",
        about=reach("urls/his", HIS_ROW),
    ),
    FieldCase(
        number=10,
        situation=field_in.daemons_no_proxy(f".{NOTIFICATIONS}", "a_dot"),
        right="Go takes the proxy for the bare name: pass",
        about=reach("urls/guestnotificationservice", NOTIFICATIONS_ROW),
    ),
    FieldCase(
        number=11,
        situation=field_in.daemons_upper_case_proxy_works,
        right="pass: Go takes HTTPS_PROXY",
        about=PROXY,
    ),
    FieldCase(
        number=11,
        situation=field_in.daemons_lower_case_proxy_works,
        right="fail: Go takes HTTPS_PROXY, which is dead",
        about=PROXY,
    ),
    FieldCase(
        number=12,
        situation=shell_has_a_dead_proxy,
        right="wget and apt take lower case only: pass",
        about=INSTALLED_FROM,
    ),
    FieldCase(
        number=12,
        situation=field_in.wgetrc_has_a_proxy,
        right="wget takes the proxy of wgetrc: aka.ms passes",
        about=INSTALLED_FROM,
    ),
    FieldCase(
        number=13,
        situation=field_in.daemons_proxy_in_an_environment_file,
        right="the daemons have the proxy: pass",
        about=PROXY,
    ),
    FieldCase(
        number=14,
        situation=field_in.agents_proxy_user_has_a_backslash,
        right="networking/proxy fails: Go cannot parse the URL",
        about=PROXY,
    ),
    FieldCase(
        number=15,
        situation=field_in.proxy_wants_a_user_agent,
        right="tls/client-enabled is not-tested, or rests on the policy file",
        about=(("tls/client-enabled", ""), ("urls/login", NAME)),
    ),
    FieldCase(
        number=15,
        situation=field_in.openssl_has_no_proxy_option,
        right="tls/client-enabled is not-tested, or rests on the policy file",
        about=(("tls/client-enabled", ""), ("urls/login", NAME)),
    ),
    FieldCase(
        number=16,
        about=LOGIN,
        situation=answered_by("sha1_leaf"),
        right="fail: cert-weak-signature",
    ),
    FieldCase(
        number=16,
        about=LOGIN,
        situation=answered_by("leaf_for_clients_only"),
        right="fail: cert-wrong-purpose",
    ),
    FieldCase(
        number=17,
        about=LOGIN,
        situation=answered_by("leaf_and_root"),
        right="fail: cert-chain-incomplete",
    ),
    FieldCase(
        number=18,
        about=LOGIN,
        situation=field_in.trusted_inspector_cannot_get_out,
        right="the row fails: a gateway's error is not an answer",
        patience=Patience(seconds=15),
    ),
    FieldCase(
        number=19,
        situation=field_in.proxy_takes_ten_connections,
        right="pass, with a warning: a second, slower pass gets through",
        about=(*PROXY, ("tls/client-enabled", "")),
        patience=ONE_BY_ONE,
    ),
    FieldCase(
        number=19,
        situation=field_in.firewall_resets_more_than_ten_a_second,
        right="pass, with a warning: a second, slower pass gets through",
        about=(*LOGIN, ("tls/client-enabled", "")),
        patience=ONE_BY_ONE,
    ),
    FieldCase(
        number=20,
        about=LOGIN,
        situation=field_in.hosts_file_pins_a_stale_address,
        right="fail, for the server owner: the file and line that pin the address",
        words=("/etc/hosts",),
    ),
    FieldCase(
        number=20,
        about=LOGIN,
        situation=field_in.name_filter_answers_with_zeros,
        right="fail: a filter answers for the name",
        words=("0.0.0.0", "filter"),
    ),
    FieldCase(
        number=21,
        about=LOGIN,
        situation=answered_by("refuses_the_name"),
        right="fail: the name is refused",
        words=("112",),
    ),
    FieldCase(
        number=22,
        situation=field_in.proxy_answers("407 Authentication Required", "with_ntlm_only"),
        right="fail: the agent has none of the offered schemes",
        about=PROXY,
        words=("NTLM", "Negotiate"),
    ),
    FieldCase(
        number=23,
        situation=field_in.proxy_answers("302 Found", "302"),
        right="fail: a log-in page",
        about=PROXY,
        words=("302", "log"),
    ),
    FieldCase(
        number=23,
        situation=field_in.proxy_answers("429 Too Many Requests", "429"),
        right="fail: load",
        about=PROXY,
        words=("429", "load"),
    ),
    FieldCase(
        number=23,
        situation=field_in.proxy_answers("451 Unavailable For Legal Reasons", "451"),
        right="fail: policy",
        about=PROXY,
        words=("451", "policy"),
    ),
    FieldCase(
        number=23,
        situation=field_in.proxy_answers("511 Network Authentication Required", "511"),
        right="fail: a log-in page",
        about=PROXY,
        words=("511", "log"),
    ),
)
