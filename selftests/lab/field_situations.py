"""What can be the matter with a network, by public bug reports: one function each, named for it.

As in situations.py, each is a context in which the lab is so, and gives what the measurement has to
be told. field_cases.py says of each what is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from selftests.lab.azure import NAME
from selftests.lab.network import GATE_ADDRESS, NOBODY, Network
from selftests.lab.situations import PATIENT, Situation, Told, agent_says, proxy_url

DEAD_PROXY = f"http://{GATE_ADDRESS}:3129"
"""Nobody listens there, and the gate says so at once."""


# -- names ---------------------------------------------------------------------------------------


@contextmanager
def first_name_server_dead(lab: Network) -> Iterator[Told]:
    """The second answers; nothing in resolv.conf shortens the wait for the first."""
    servers = f"nameserver {NOBODY}\nnameserver {GATE_ADDRESS}\n"
    with lab.firewall(f"ip daddr {NOBODY} drop"), lab.resolver_settings(servers):
        yield {"limits": PATIENT}


@contextmanager
def hosts_file_pins_a_stale_address(lab: Network) -> Iterator[Told]:
    pinned = f"127.0.0.1 localhost\n# of the migration\n{NOBODY} {NAME}\n"
    with lab.firewall(f"ip daddr {NOBODY} drop"), lab.host_files({"/etc/hosts": pinned}):
        yield {}


@contextmanager
def name_filter_answers_with_zeros(lab: Network) -> Iterator[Told]:
    with lab.resolving({NAME: "0.0.0.0"}):
        yield {}


# -- addresses -----------------------------------------------------------------------------------


def one_of_two_addresses(peer: str) -> Situation:
    """The name has its own address and that of a peer."""

    @contextmanager
    def situation(lab: Network) -> Iterator[Told]:
        with lab.resolving({NAME: f"{lab.names[NAME]} {lab.peers[peer]}"}):
            yield {}

    situation.__name__ = f"one_of_two_addresses_{peer}"
    return situation


# -- proxies -------------------------------------------------------------------------------------


def systemctl(environment: str = "", files: str = "") -> dict[str, str]:
    """A simulated systemctl: the manager's *environment*, and the unit himdsd with environment
    *files*."""
    script = f"""#!/bin/sh
if [ "$1" = show-environment ]; then
cat <<'END'
LANG=C.UTF-8
{environment}
END
exit 0
fi
[ "$1" = show ] || exit 1
between=
for one in "$@"; do
  case $one in himdsd | arcproxyd | extd | gcad | himdsd.service) ;; *) continue ;; esac
  printf "${{between}}Environment=\\n"
  between='\\n'
  case "$one $*" in
    himdsd*EnvironmentFiles*) [ -z '{files}' ] || echo 'EnvironmentFiles={files} (ignore_errors=no)' ;;
  esac
done
"""  # noqa: E501 - a line of the script
    return {"/usr/local/bin/systemctl": script}


def daemons_no_proxy(form: str, name: str) -> Situation:
    """The daemons have a proxy, which is the only way out, and a NO_PROXY of one *form*."""

    @contextmanager
    def situation(lab: Network) -> Iterator[Told]:
        said = f"HTTPS_PROXY={proxy_url()}\nNO_PROXY={form}"
        with lab.proxy(), lab.host_files(systemctl(said), mode=0o755):
            yield {}

    situation.__name__ = f"daemons_no_proxy_with_{name}"
    return situation


@contextmanager
def daemons_upper_case_proxy_works(lab: Network) -> Iterator[Told]:
    """And a dead one in lower case beside it."""
    said = f"HTTPS_PROXY={proxy_url()}\nhttps_proxy={DEAD_PROXY}"
    with lab.proxy(), lab.host_files(systemctl(said), mode=0o755):
        yield {}


@contextmanager
def daemons_lower_case_proxy_works(lab: Network) -> Iterator[Told]:
    """And a dead one in upper case beside it."""
    said = f"HTTPS_PROXY={DEAD_PROXY}\nhttps_proxy={proxy_url()}"
    with lab.proxy(), lab.host_files(systemctl(said), mode=0o755):
        yield {}


@contextmanager
def wgetrc_has_a_proxy(lab: Network) -> Iterator[Told]:
    text = f"# of the image\nuse_proxy = on\nhttps_proxy = {proxy_url()}\n"
    with lab.proxy(), lab.host_files({"/etc/wgetrc": text}):
        yield {}


@contextmanager
def daemons_proxy_in_an_environment_file(lab: Network) -> Iterator[Told]:
    path = "/etc/sysconfig/himdsd"
    text = f'# proxy\nHTTPS_PROXY="{proxy_url()}"\n'
    with (
        lab.proxy(),
        lab.host_files({path: text}),
        lab.host_files(systemctl(files=path), mode=0o755),
    ):
        yield {}


@contextmanager
def agents_proxy_user_has_a_backslash(lab: Network) -> Iterator[Told]:
    with lab.proxy(), lab.host_files(agent_says(url=proxy_url("CORP\\arc:pw@"))):
        yield {}


@contextmanager
def proxy_wants_a_user_agent(lab: Network) -> Iterator[Told]:
    with lab.peculiar_proxy("wants-a-user-agent") as url:
        yield {"proxy": url}


@contextmanager
def openssl_has_no_proxy_option(lab: Network) -> Iterator[Told]:
    """As OpenSSL 1.0.2 had none."""
    script = """#!/bin/sh
for one in "$@"; do
  [ "$one" != -proxy ] || { echo 'unknown option -proxy' >&2; exit 1; }
done
exec /usr/bin/openssl "$@"
"""
    with (
        lab.proxy() as url,
        lab.host_files({"/usr/local/bin/openssl": script}, mode=0o755),
    ):
        yield {"proxy": url}


@contextmanager
def proxy_takes_ten_connections(lab: Network) -> Iterator[Told]:
    with lab.peculiar_proxy("takes-ten") as url:
        yield {"proxy": url}


def proxy_answers(status: str, name: str) -> Situation:
    """The proxy answers *status* to every CONNECT."""

    @contextmanager
    def situation(lab: Network) -> Iterator[Told]:
        with lab.peculiar_proxy("answers", status) as url:
            yield {"proxy": url}

    situation.__name__ = f"proxy_answers_{name}"
    return situation


# -- firewalls and inspectors --------------------------------------------------------------------


@contextmanager
def firewall_resets_more_than_ten_a_second(lab: Network) -> Iterator[Told]:
    rule = "tcp dport 443 ct state new limit rate over 10/second burst 10 packets"
    with lab.firewall(f"{rule} reject with tcp reset"):
        yield {}


@contextmanager
def trusted_inspector_cannot_get_out(lab: Network) -> Iterator[Told]:
    """It shakes hands for NAME, and then has nobody to ask."""
    lazy = ("--set", "connection_strategy=lazy", "--set", "upstream_cert=false")
    with (
        lab.inspector(*lazy),
        lab.trusting_too(lab.inspecting_ca),
        lab.gate_filters(f"ip daddr {lab.names[NAME]} reject with tcp reset"),
    ):
        yield {"limits": PATIENT}
