"""What a file of bash's certainly leaves, and what it may."""

import contextlib
import re

from arc_compliance.probe.python.files import read_text
from arc_compliance.probe.python.limits import KIB
from arc_compliance.probe.python.proxies.shell_syntax import ShellCommand, ShellReader
from arc_compliance.probe.python.proxies.shell_tokens import ShellSyntax
from arc_compliance.probe.python.proxies.shell_values import UnknownValue, expanded
from arc_compliance.probe.python.proxies.shell_variables import ASSIGNMENT, ShellVariables

MAX_SHELL_FILE = 256 * KIB
MAX_SHELL_STEPS = 20000
MAX_SOURCED = 5  # files within files
OF_INTEREST = re.compile(r"proxy|(?:^|[\s;&|(])(?:\.|source|eval)\s", re.IGNORECASE)
DECLARING = ("export", "declare", "typeset", "readonly", "local")
SETTING_NAMES = ("read", "let", "mapfile", "readarray", "getopts", "wait", "printf")

HARMLESS = re.compile(
    r"\"?\$\((?:\w+=\S+ +)*(?:[\w./-]*/)?(?:dircolors|lesspipe(?:\.sh)?|lessfile|ssh-agent|brew"
    r"|pyenv|rbenv|nodenv|direnv|starship|zoxide|opam|tset|resize)\b[^;&|`]*\Z"
)  # whose output is evaluated in many profiles, and has nothing of proxies


class ShellStops(Exception):
    """The file, or the function, is left here."""


class ShellFollower(ShellVariables):
    """Follows what certainly happens, and notes what may."""

    def __init__(self, environment: "dict[str, str]") -> None:
        super().__init__(environment)
        self.functions: dict[str, list[ShellCommand]] = {}
        self.steps = 0

    def follow_file(self, path: str, *, sure: bool = True) -> None:
        """Follow the file at *path*, where there is one that can be read."""
        try:
            text = read_text(path)
        except (OSError, ValueError):
            return
        if OF_INTEREST.search(text):
            self.follow(text, sure=sure)

    def follow(self, text: str, *, sure: bool = True) -> None:
        """Follow the text of a file. What is too large, or nested too deep, only takes certainty
        away."""
        if len(text) > MAX_SHELL_FILE or self.within >= MAX_SOURCED:
            self.unsettle()
            return
        self.within += 1
        doubted, reader = self.doubt, ShellReader(text)
        try:
            line = reader.line()
            while line is not None:
                self.run(line, sure=sure)
                line = reader.line()
        except (ShellSyntax, ShellStops):
            pass
        except RecursionError:
            self.unsettle()
        self.within -= 1
        self.doubt = doubted

    # -- commands --------------------------------------------------------------------------------

    def run(self, commands: "list[ShellCommand]", *, sure: bool) -> None:
        """Follow *commands*, which certainly run where *sure*."""
        went_well = False
        for command in commands:
            self.steps += 1
            if self.steps > MAX_SHELL_STEPS:
                self.unsettle()
                raise ShellStops
            if command.joined in ("|", "&") or command.kind == "subshell":
                went_well = False
                continue
            if command.joined == "||" and went_well:
                continue
            certain = sure and not self.doubt and (went_well or not command.joined)
            went_well = self.one(command, certain)

    def one(self, command: ShellCommand, sure: bool) -> bool:  # noqa: FBT001
        """Follow one command; whether it certainly went well."""
        if command.kind == "simple":
            return self.simple(command.words, sure)
        if command.kind == "function":
            self.functions[command.words[0]] = command.body
            return True
        self.run(command.body, sure=sure and command.kind == "group")
        return False

    def simple(self, words: "list[str]", sure: bool) -> bool:  # noqa: FBT001
        """Follow a command without others in it; whether it certainly went well."""
        given = 0
        while given < len(words) and ASSIGNMENT.match(words[given]):
            given += 1
        if given == len(words):
            went_well = [self.assign(word, sure=sure) for word in words]
            return all(went_well)
        while given < len(words) - 1 and words[given] in ("builtin", "command"):
            given += 1
        name, arguments = words[given].replace("\\", ""), words[given + 1 :]
        if name in self.functions:
            self.call(name, sure)
            return False
        if name in DECLARING:
            return self.declare(name, arguments, sure)
        self.built_in(name, arguments, sure)
        return name in (":", "true")

    def built_in(self, name: str, arguments: "list[str]", sure: bool) -> None:  # noqa: FBT001
        """Follow a command of the shell's own that may change variables, or leave the file."""
        if name == "unset":
            self.unset(arguments, sure)
        elif name == "set":
            self.set_options(arguments, sure)
        elif name in (".", "source", "eval") and arguments:
            self.include(name, arguments, sure)
        elif name in ("return", "exit", "exec", "logout"):
            self.leave(name, arguments, sure)
        elif name in SETTING_NAMES and (name != "printf" or "-v" in arguments):
            self.lose([re.sub(r"\W.*", "", one, flags=re.DOTALL) for one in arguments], arguments)
        elif "$" in name and re.search("proxy|eval", " ".join([name, *arguments]), re.IGNORECASE):
            self.unsettle()

    def call(self, name: str, sure: bool) -> None:  # noqa: FBT001
        """Follow a function. What it declares is its own."""
        if self.within >= MAX_SOURCED:
            self.unsettle()
            return
        self.within += 1
        doubted = self.doubt
        with contextlib.suppress(ShellStops):
            self.run(self.functions[name], sure=sure)
        self.within -= 1
        self.doubt = doubted

    def include(self, name: str, arguments: "list[str]", sure: bool) -> None:  # noqa: FBT001
        """Follow another file, or a text that is evaluated."""
        try:
            values = [expanded(one, self.variables) for one in arguments]
        except UnknownValue:
            # The loop over the files of a folder: those of /etc/profile.d are followed by us.
            looped = re.match(r"\"?\$\{?\w+\}?\"?\Z", arguments[0])
            if not (HARMLESS.match(arguments[0]) if name == "eval" else looped):
                self.unsettle()
            return
        sure = sure and all(one.certain for one in values)
        if name == "eval":
            self.follow(" ".join(one.text or "" for one in values), sure=sure)
        else:
            self.follow_file(values[0].text or "", sure=sure)

    def leave(self, name: str, arguments: "list[str]", sure: bool) -> None:  # noqa: FBT001
        """The file, or the shell, is left: certainly, or it may be."""
        if name == "exec" and not arguments:
            return
        if sure:
            raise ShellStops
        self.doubt = True

    def set_options(self, arguments: "list[str]", sure: bool) -> None:  # noqa: FBT001
        """``set -a`` exports what is assigned from there on; ``set -e`` and the like may end it."""
        text = " ".join(arguments)
        for sign in "-+":
            letters = re.findall(rf"(?:^| )\{sign}([a-zA-Z]+)", text)
            if any("a" in one for one in letters) or f"{sign}o allexport" in text:
                self.all_exported = sign == "-" and sure
        if re.search(r"(?:^| )-(?:[a-z]*[eun]|o (?:errexit|nounset|noexec))", text):
            self.doubt = True
