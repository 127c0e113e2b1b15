"""What the suite says in the situations of the field, now that the real clients agree with it.

Each row of the field's list stands here with the requirements that it is about, their verdicts and
causes. What the clients answered is recorded in field_answers.json, and compared in the same test.
"""

from __future__ import annotations

from selftests.lab.azure import NAME
from selftests.lab.wrong_today import AZGN, HIS_ROW, Pair

Right = dict[tuple[str, str], Pair]
"""Verdict and cause by (requirement, row)."""

LOGIN = ("urls/login", NAME)
TLS12 = ("tls/1.2", NAME)
CERTIFICATE = ("principles/certificates", NAME)
HIS_REACHED = ("urls/his", HIS_ROW)
LARGE_HELLO = ("practice/large-hello", "")
PASS = ("pass", "")


def refused(cause: str) -> Right:
    """The agent's own hello is refused: the row fails, and nothing else of it can be seen."""
    return {LOGIN: ("fail", cause), TLS12: ("blocked", cause), CERTIFICATE: ("blocked", cause)}


RIGHT: dict[str, Right] = {
    # 1
    "answered_by_tls13_only_closes": {LOGIN: PASS, TLS12: PASS, CERTIFICATE: PASS},
    "answered_by_tls13_only_resets": {LOGIN: PASS, TLS12: PASS, CERTIFICATE: PASS},
    "answered_by_tls13_only_silent": {LOGIN: PASS, TLS12: PASS, CERTIFICATE: PASS},
    # 2
    "answered_by_closes_tls13_hello": refused("tls-reset"),
    "answered_by_resets_tls13_hello": refused("tls-reset"),
    "answered_by_ignores_tls13_hello": refused("tls-timeout"),
    # 3
    "answered_by_resets_large_hello": {LOGIN: PASS, LARGE_HELLO: ("warn", "tls-large-hello")},
    "answered_by_ignores_large_hello": {LOGIN: PASS, LARGE_HELLO: ("warn", "tls-large-hello")},
    "answered_by_resets_mldsa_hello": {LOGIN: PASS, LARGE_HELLO: ("warn", "tls-large-hello")},
    # 4
    "answered_by_rsa_key_exchange_only": refused("tls-failed"),
    "answered_by_dhe_only": refused("tls-failed"),
    # 5
    "one_of_two_addresses_resets_every_hello": {LOGIN: ("warn", "address-partly-broken")},
    "one_of_two_addresses_unknown_authority": {CERTIFICATE: ("warn", "address-partly-broken")},
    # 6
    "first_name_server_dead": {LOGIN: PASS, ("practice/name-servers", ""): ("warn", "dns-slow")},
    # 7, 8
    "answered_by_many_headers": {LOGIN: PASS},
    "answered_by_http2_only": {LOGIN: PASS},
    # 9
    "answered_by_allow_list_with_bom": {("urls/azgn", AZGN): PASS},
    "answered_by_allow_list_gzip": {("urls/azgn", AZGN): PASS},
    "answered_by_allow_list_utf16": {("urls/azgn", AZGN): PASS},
    # 10
    "daemons_no_proxy_with_a_star": {HIS_REACHED: ("fail", "connect-timeout")},
    "daemons_no_proxy_with_a_port": {HIS_REACHED: ("fail", "connect-timeout")},
    "daemons_no_proxy_with_a_dot": {("networking/proxy", ""): PASS},
    # 11
    "daemons_upper_case_proxy_works": {("networking/proxy", ""): PASS, LOGIN: PASS},
    "daemons_lower_case_proxy_works": {
        ("networking/proxy", ""): ("fail", "proxy-unreachable"),
        LOGIN: ("fail", "proxy-unreachable"),
    },
    # 12
    "shell_has_a_dead_proxy": {("urls/aka", "aka.ms"): PASS},
    "wgetrc_has_a_proxy": {("urls/aka", "aka.ms"): PASS},
    # 13
    "daemons_proxy_in_an_environment_file": {("networking/proxy", ""): PASS, LOGIN: PASS},
    # 14
    "agents_proxy_user_has_a_backslash": {("networking/proxy", ""): ("fail", "proxy-failed")},
    # 15
    "proxy_wants_a_user_agent": {("tls/client-enabled", ""): PASS},
    "openssl_has_no_proxy_option": {("tls/client-enabled", ""): PASS},
    # 16, 17
    "answered_by_sha1_leaf": {CERTIFICATE: ("fail", "cert-weak-signature")},
    "answered_by_leaf_for_clients_only": {CERTIFICATE: ("fail", "cert-wrong-purpose")},
    "answered_by_leaf_and_root": {CERTIFICATE: ("fail", "cert-chain-incomplete")},
    # 18
    "trusted_inspector_cannot_get_out": {LOGIN: ("fail", "http-gateway-error")},
    # 19
    "proxy_takes_ten_connections": {LOGIN: ("warn", "rate-limited")},
    "firewall_resets_more_than_ten_a_second": {LOGIN: ("warn", "rate-limited")},
    # 20 to 23
    "hosts_file_pins_a_stale_address": {LOGIN: ("fail", "connect-timeout")},
    "name_filter_answers_with_zeros": {LOGIN: ("fail", "dns-filtered")},
    "answered_by_refuses_the_name": {LOGIN: ("fail", "tls-failed")},
    "proxy_answers_with_ntlm_only": {LOGIN: ("fail", "proxy-auth-required")},
}
