"""The commands of a file of bash's; none of them is run."""

import collections

from arc_compliance.probe.python.proxies.shell_tokens import (
    MAX_SHELL_DEPTH,
    REDIRECTIONS,
    ShellSyntax,
    ShellTokens,
)


class ShellCommand(collections.namedtuple("ShellCommand", "kind words body joined")):
    """One command: ``simple`` with its words as they are written, or with a body of commands.

    ``kind`` of those is group, subshell, function (whose name is its only word) or maybe: what is
    in it may run. ``joined`` is what stands before it: "", &&, || or |; "&" where it runs apart.
    """

    __slots__ = ()
    kind: str
    words: "list[str]"
    body: "list[ShellCommand]"
    joined: str


class ShellReader(ShellTokens):
    """Reads the commands of a text, one complete line after the other."""

    def line(self) -> "list[ShellCommand] | None":
        """The commands up to the end of a line, None at the end of the text; ShellSyntax where
        bash would complain."""
        found: list[ShellCommand] = []
        self.advance()
        while self.operator and self.current == "\n":
            self.advance()
        if self.ended():
            return None
        while not self.ended() and not self.is_operator("\n"):
            found += self.chain()
            if self.is_operator(";", "&"):
                self.advance()
            elif not self.ended() and not self.is_operator("\n"):
                raise ShellSyntax
        return found

    # -- commands --------------------------------------------------------------------------------

    def skip_newlines(self) -> None:
        """Go to the next token that is not the end of a line."""
        while self.is_operator("\n"):
            self.advance()

    def chain(self) -> "list[ShellCommand]":
        """Commands that are joined by &&, || and pipes."""
        found = []
        joined = ""
        while True:
            if self.is_word("!", "time"):
                self.advance()
                continue
            found.append(self.command()._replace(joined=joined))
            if not self.is_operator("&&", "||", "|", "|&"):
                break
            joined = self.current[:2] if self.current[0] == "&" or self.current == "||" else "|"
            if joined == "|":
                found[-1] = found[-1]._replace(joined="|")
            self.advance()
            self.skip_newlines()
        if self.is_operator("&"):
            found = [one._replace(joined="&") for one in found]
        return found

    def commands(self, *until: str) -> "list[ShellCommand]":
        """Commands up to one of the words or operators *until*, which is left as the token."""
        found: list[ShellCommand] = []
        while True:
            while self.is_operator("\n", ";", "&"):
                self.advance()
            if self.current in until:
                return found
            if self.ended():
                raise ShellSyntax
            found += self.chain()
            if not self.is_operator("\n", ";", "&") and self.current not in until:
                raise ShellSyntax

    def command(self) -> ShellCommand:
        """One command."""
        self.depth += 1
        if self.depth > MAX_SHELL_DEPTH or self.ended():
            raise ShellSyntax
        found = self.compound() or self.simple()
        self.depth -= 1
        return found

    def compound(self) -> "ShellCommand | None":
        """A command that has others in it, None where there is none."""
        if self.is_word("function"):
            self.advance()
            name = self.current
            self.advance()
            return self.function(name)
        kind, body = "maybe", self.conditional()
        if body is None and self.is_operator("("):
            kind, body = self.bracketed()
        elif body is None and self.is_word("{"):
            self.advance()
            kind, body = "group", self.commands("}")
        if body is None:
            return None
        self.advance()
        self.skip_redirections()
        return ShellCommand(kind, [], body, "")

    def conditional(self) -> "list[ShellCommand] | None":
        """What is in a command that runs it once, often or never; None where this is another."""
        if self.is_word("if"):
            return self.branches()
        if self.is_word("while", "until"):
            self.advance()
            body = self.commands("do")
            self.advance()
            return body + self.commands("done")
        if self.is_word("for", "select"):
            return self.loop()
        if self.is_word("case"):
            return self.cases()
        if self.is_word("[["):
            while not self.is_word("]]"):
                self.advance()
                if self.ended():
                    raise ShellSyntax
            return []
        return None

    def bracketed(self) -> "tuple[str, list[ShellCommand]]":
        """What is in a subshell, or the nothing that is in arithmetic."""
        if self.text.startswith("(", self.at):
            self.skip_arithmetic()
            return "maybe", []
        self.advance()
        return "subshell", self.commands(")")

    def branches(self) -> "list[ShellCommand]":
        """What is in an if, its conditions too."""
        found: list[ShellCommand] = []
        while not self.is_word("fi"):
            was = self.current
            self.advance()
            ends = ("then",) if was in ("if", "elif") else ("elif", "else", "fi")
            found += self.commands(*(("fi",) if was == "else" else ends))
        return found

    def loop(self) -> "list[ShellCommand]":
        """What is in a for, whose variable is set by it."""
        self.advance()
        found = [ShellCommand("simple", ["read", self.current], [], "")]
        while not self.is_word("do", "{"):
            if self.is_operator("("):
                self.skip_arithmetic()
            self.advance()
            if self.ended():
                raise ShellSyntax
        closer = "done" if self.current == "do" else "}"
        self.advance()
        return found + self.commands(closer)

    def cases(self) -> "list[ShellCommand]":
        """What is in a case."""
        while not self.is_word("in"):
            self.advance()
            if self.ended():
                raise ShellSyntax
        found: list[ShellCommand] = []
        self.advance()
        while True:
            self.skip_newlines()
            if self.is_word("esac"):
                return found
            if self.is_operator("("):
                self.advance()
            while not self.is_operator(")"):
                if self.ended():
                    raise ShellSyntax
                self.advance()
            self.advance()
            found += self.commands(";;", ";&", ";;&", "esac")
            if not self.is_word("esac"):
                self.advance()

    def function(self, name: str) -> ShellCommand:
        """A function; the token is what follows its name."""
        if self.is_operator("("):
            self.advance()
            if not self.is_operator(")"):
                raise ShellSyntax
            self.advance()
        self.skip_newlines()
        return ShellCommand("function", [name], [self.command()], "")

    def simple(self) -> ShellCommand:
        """A command of words; what it redirects is left out."""
        words: list[str] = []
        while not self.ended():
            if self.operator and self.current in REDIRECTIONS:
                self.skip_redirections()
            elif self.is_operator("(") and len(words) == 1 and not words[0].endswith("="):
                return self.function(words[0])
            elif self.operator:
                break
            else:
                words.append(self.current)
                self.advance()
        if (
            not words
            and self.operator
            and self.current not in ("\n", ";", "&", "|", "&&", "||", ")")
        ):
            raise ShellSyntax
        if words and words[0] in ("then", "do", "done", "fi", "else", "elif", "esac", "}"):
            raise ShellSyntax
        if not words and self.is_operator(")", "|", "&&", "||", ";", "&"):
            raise ShellSyntax
        return ShellCommand("simple", words, [], "")
