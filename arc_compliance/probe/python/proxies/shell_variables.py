"""The variables of a shell, as far as their values are certain."""

import re

from arc_compliance.probe.python.limits import MAX_SETTINGS
from arc_compliance.probe.python.proxies.shell_values import (
    ShellValue,
    UnknownValue,
    brace_words,
    expanded,
)

PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "no_proxy", "NO_PROXY")
ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^\]]*\])?(\+?)=(.*)\Z", re.DOTALL)


class ShellVariables:
    """The variables of a shell; ``may`` are (variable, value) that a command gives which may
    run."""

    def __init__(self, environment: "dict[str, str]") -> None:
        self.variables = {
            name: ShellValue(value, certain=True) for name, value in environment.items()
        }
        self.exported: dict[str, bool] = dict.fromkeys(environment, True)
        self.read_only: set[str] = set()
        self.may: list[tuple[str, str]] = []
        self.doubt = False  # whether the file may have been left before
        self.all_exported = False
        self.within = 0  # files and functions

    def environment(self) -> "dict[str, str]":
        """The exported variables whose value is certain."""
        return {
            name: value.text
            for name, value in self.variables.items()
            if value.certain and value.text is not None and self.exported.get(name)
        }

    def assign(self, word: str, *, sure: bool, exports: bool = False) -> bool:
        """Follow NAME=value; whether that certainly went well."""
        found = ASSIGNMENT.match(word)
        assert found
        name, index, plus, raw = found.groups()
        if name in self.read_only:
            self.doubt = True
            return False
        try:
            value = ShellValue(None, certain=False) if index else expanded(raw, self.variables)
        except UnknownValue:
            value = ShellValue(None, certain=False)
        if plus and value.text is not None:
            before = self.variables.get(name, ShellValue(None, certain=False))
            value = ShellValue(
                (before.text or "") + value.text, certain=value.certain and before.certain
            )
        exports = exports or self.all_exported
        if exports:
            self.exported[name] = sure or self.exported.get(name, False)
        if sure and value.certain:
            self.variables[name] = value
            return True
        self.note(name, value.text)
        self.lose([name], ())
        return False

    def declare(self, command: str, arguments: "list[str]", sure: bool) -> bool:  # noqa: FBT001
        """Follow export and its kin; whether it certainly went well."""
        flags = [one for one in arguments if re.match(r"[-+][A-Za-z]+\Z", one)]
        options = {letter for one in flags if one[0] == "-" for letter in one[1:]}
        exports = "x" in options or command == "export"
        takes_back = "n" in options or any("x" in one for one in flags if one[0] == "+")
        own = command == "local" or (command in ("declare", "typeset") and self.within > 1)
        if command == "export" and options & set("fp"):
            return False
        if options - set("nxrg") or (own and "g" not in options):
            sure = False  # numbers, references, lists, other letters; or of a function alone
        went_well = True
        for raw in arguments:
            for word in brace_words(raw) if raw not in flags else ():
                name = self.declared(word, sure, exports and not takes_back)
                if name and (exports or takes_back):
                    self.export(name, sure, takes_back)
                if name and (command == "readonly" or "r" in options):
                    self.read_only.add(name)
                went_well = went_well and bool(name) and sure
        return went_well

    def declared(self, word: str, sure: bool, exports: bool) -> str:  # noqa: FBT001
        """The variable that one word of a declaration names, its value taken; empty if none."""
        if not ASSIGNMENT.match(word):
            try:
                text = expanded(word, self.variables)
            except UnknownValue:
                text = ShellValue(None, certain=False)
            if text.text is None or "$" in word or "`" in word:
                self.indirect(word)
                return ""
            word = quoted_assignment(text.text)
        name = re.match(r"[A-Za-z_]\w*(?=\[|\+?=|\Z)", word)
        if not name:
            return ""
        if ASSIGNMENT.match(word):
            self.assign(word, sure=sure, exports=exports)
        return name.group()

    def export(self, name: str, sure: bool, takes_back: bool) -> None:  # noqa: FBT001
        """A variable is exported, or not any more."""
        if sure:
            self.exported[name] = not takes_back
            return
        if not takes_back:
            self.note(name, self.variables.get(name, ShellValue(None, certain=False)).text)
        self.lose([name], ())
        self.exported.setdefault(name, False)

    def unset(self, arguments: "list[str]", sure: bool) -> None:  # noqa: FBT001
        """Variables are taken away."""
        if "-f" in arguments:
            return
        for name in arguments:
            if "$" in name or "`" in name:
                self.indirect(name)
            elif sure:
                self.variables[name] = ShellValue(None, certain=True)
                self.exported.pop(name, None)
            else:
                self.lose([name], ())

    def indirect(self, word: str) -> None:
        """A variable is set whose name is not known."""
        found = re.search(r"proxy=([^$`'\"\\\s]+)\Z", word, re.IGNORECASE)
        if found:
            self.note("https_proxy", found.group(1))
        self.unsettle()

    def note(self, name: str, text: "str | None") -> None:
        """A variable may get a value."""
        if name in PROXY_VARIABLES and text and len(self.may) < MAX_SETTINGS:
            self.may.append((name, text))

    def lose(self, names: "list[str]", words: "list[str] | tuple[()]") -> None:
        """The values of *names* are not certain any more; of all, where a word hides a name."""
        if any("$" in word or "`" in word for word in words):
            self.unsettle()
        for name in names:
            value = self.variables.get(name)
            if value is not None and value.certain:
                self.note(name, value.text if self.exported.get(name) else None)
            self.variables[name] = ShellValue(value.text if value else None, certain=False)

    def unsettle(self) -> None:
        """No variable of proxies is certain any more."""
        self.lose(list(PROXY_VARIABLES), ())


def quoted_assignment(text: str) -> str:
    """An assignment whose value is taken as it stands."""
    name, equals, value = text.partition("=")
    return text if not equals else name + "='" + value.replace("'", "'\\''") + "'"
