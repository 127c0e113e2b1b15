"""The names that each program's no_proxy takes past its proxy."""

from typing import Callable

from arc_compliance.probe.python.proxies.go_environment import go_past


def never_past(_name: str, _port: int) -> bool:
    """Nothing goes past the proxy."""
    return False


def go_rules(no_proxy: str) -> "Callable[[str, int], bool]":
    """Go's: see go_past."""
    return lambda name, port: go_past(no_proxy, name, port)


def wget_rules(words: "list[str]") -> "Callable[[str, int], bool]":
    """wget's: a domain counts for itself and those below it, one written with a dot for those only.

    No star, no port and no network has a meaning.
    """
    domains = [word.lower() for word in words if word]

    def past(name: str, _port: int) -> bool:
        host = name.lower()
        return any(
            host.endswith(domain) and (domain.startswith(".") or is_below(host, domain))
            for domain in domains
        )

    return past


def wget_words(no_proxy: str) -> "list[str]":
    """The words of wget's no_proxy, between commas; blanks after a comma do not count."""
    return [word.lstrip() for word in no_proxy.split(",") if word.strip()]


def curl_rules(no_proxy: str) -> "Callable[[str, int], bool]":
    """Those of libcurl, which dnf has, and of zypper: domains with or without a dot, or ``*``."""
    words = no_proxy.lower().replace(",", " ").split()
    domains = [word.strip(".") for word in words if word.strip(".")]

    def past(name: str, _port: int) -> bool:
        host = name.lower()
        return words == ["*"] or any(is_below(host, domain) for domain in domains)

    return past


def apt_rules(no_proxy: str) -> "Callable[[str, int], bool]":
    """apt's: any end of a name, letter by letter."""
    ends = tuple(word for word in no_proxy.split(",") if word)
    return lambda name, _port: name.endswith(ends)


def is_below(host: str, domain: str) -> bool:
    """Whether *host* is *domain* or below it."""
    return host == domain or host.endswith("." + domain)
