"""The proxies of a login shell, and of the probe's own."""

import os

from arc_compliance.probe.python.files import files_of, read_text
from arc_compliance.probe.python.proxies.assignments import login_environment
from arc_compliance.probe.python.proxies.exemptions import wget_rules, wget_words
from arc_compliance.probe.python.proxies.setting import Setting, setting_of
from arc_compliance.probe.python.proxies.shell_following import ShellFollower
from arc_compliance.probe.python.proxies.shell_variables import PROXY_VARIABLES
from arc_compliance.probe.python.proxies.wget import wget_server

ENVIRONMENT_FILE = "/etc/environment"
PROFILE = "/etc/profile"
PROFILE_FOLDER = "/etc/profile.d"
PROFILES_OF_A_USER = (".bash_profile", ".bash_login", ".profile")


def login_shell() -> "tuple[dict[str, str], list[tuple[str, str]]]":
    """(the environment that a login shell certainly has, (variable, value) that it may have).

    Where the probe's own environment has other proxies than every log-in gets, they count: it is
    that of whoever works here.
    """
    try:
        given = login_environment(read_text(ENVIRONMENT_FILE))
    except OSError:
        given = {}
    own = dict(os.environ)
    home = own.get("HOME") or "/root"
    follower = ShellFollower({"HOME": home, **given})
    follower.follow_file(PROFILE)
    for path in sorted(files_of(PROFILE_FOLDER)):
        if path.endswith(".sh"):
            follower.follow_file(path)
    paths = [os.path.join(home, name) for name in PROFILES_OF_A_USER]
    for path in [one for one in paths if os.path.isfile(one)][:1]:
        follower.follow_file(path)
    environment = follower.environment()
    names = [*PROXY_VARIABLES, "WGETRC", "SYSTEM_WGETRC", "HOME"]
    environment.update(
        (name, own[name]) for name in names if name in own and own[name] != given.get(name)
    )
    return environment, follower.may


def shell_settings(environment: "dict[str, str]", may: "list[tuple[str, str]]") -> "list[Setting]":
    """What the shell names, in either case of letters, and what it may name."""
    past = wget_rules(wget_words(environment.get("no_proxy", "")))
    url = environment.get("https_proxy") or environment.get("HTTPS_PROXY")
    settings = [setting_of("shell", wget_server(url), past)] if url else []
    for name, text in may:
        one = setting_of("shell", wget_server(text), certain=False)
        if name.lower() == "https_proxy" and text != url and one not in settings:
            settings.append(one)
    return settings
