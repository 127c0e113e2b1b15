"""The tokens of a file of bash's: operators and words."""

import re

MAX_SHELL_DEPTH = 30
BLANKS = " \t"
OPERATOR = re.compile(r";;&|;;|;&|&&|\|\||\|&|&>>|&>|<<<|<<-?|>>|>\||<>|[<>]&|[;&|<>()\n]")
REDIRECTIONS = ("&>>", "&>", "<<<", "<<", "<<-", ">>", ">|", "<>", "<&", ">&", "<", ">")
PLAIN_WORD = re.compile(r"[^\s;&|<>()'\"\\$`]+")
ANSI_QUOTED = re.compile(r"(?:[^'\\]|\\.)*'", re.DOTALL)
BACK_QUOTED = re.compile(r"(?:[^`\\]|\\.)*`", re.DOTALL)
CLOSERS = {"(": ")", "{": "}"}


class ShellSyntax(Exception):
    """Bash would not go on from here."""


class ShellTokens:
    """Goes through a text token by token; ``current`` is an empty word at the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.heredocs: list[tuple[str, bool]] = []
        self.depth = 0
        self.current = ""
        self.operator = False

    def ended(self) -> bool:
        """Whether there is no token any more."""
        return not self.operator and self.current == ""

    def is_operator(self, *those: str) -> bool:
        """Whether the token is one of *those* operators."""
        return self.operator and self.current in those

    def is_word(self, *those: str) -> bool:
        """Whether the token is one of *those* words."""
        return not self.operator and self.current in those

    def skip_redirections(self) -> None:
        """Go past redirections."""
        while self.operator and self.current in REDIRECTIONS:
            kind = self.current
            self.advance()
            if self.operator or self.ended():
                raise ShellSyntax
            if kind in ("<<", "<<-"):
                self.heredocs.append((re.sub(r"['\"\\]", "", self.current), kind == "<<-"))
            self.advance()

    def skip_arithmetic(self) -> None:
        """Go past ((...)), of which the token is the first bracket; the last one is the token."""
        self.at = self.closing(self.at - 1)
        self.current, self.operator = ")", True

    def advance(self) -> None:
        """Read the next token: an operator, or a word as it is written; an empty word at the
        end."""
        text = self.text
        while self.at < len(text):
            if text[self.at] in BLANKS:
                self.at += 1
            elif text.startswith("\\\n", self.at):
                self.at += 2
            elif text[self.at] == "#":
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
            else:
                break
        begin = self.at
        found = OPERATOR.match(text, begin)
        if found and not (text[begin] in "<>" and text[begin + 1 : begin + 2] == "("):
            self.at, self.current, self.operator = found.end(), found.group(), True
            if self.current == "\n":
                self.skip_heredocs()
            return
        self.operator = False
        self.skip_word()
        self.current = text[begin : self.at].replace("\\\n", "")
        if self.current.isdigit() and text[self.at : self.at + 1] in ("<", ">") and self.current:
            self.advance()  # the number of a file that is redirected

    def skip_word(self) -> None:
        """Go to the end of a word."""
        text = self.text
        begin = self.at
        while self.at < len(text):
            plain = PLAIN_WORD.match(text, self.at)
            if plain:
                self.at = plain.end()
                continue
            one, pair = text[self.at], text[self.at : self.at + 2]
            if one == "(" and self.at > begin and text[self.at - 1] == "=":
                self.at = self.closing(self.at)  # a list
            elif pair in ("<(", ">("):
                self.at = self.closing(self.at + 1)
            elif one in ";&|<>() \t\n":
                return
            elif one.isspace():
                self.at += 1  # a carriage return, for example, is a letter like others
            else:
                self.at = self.quoted_end(self.at)

    def quoted_end(self, at: int) -> int:
        """Where what begins at *at*, a quote, a backslash or a dollar, ends."""
        text = self.text
        one, pair = text[at], text[at : at + 2]
        if one == "\\":
            if at + 1 >= len(text):
                raise ShellSyntax
            return at + 2
        if one == "'":
            return self.after(at + 1, "'")
        if pair == "$'":
            return self.match_end(ANSI_QUOTED, at + 2)
        if one == '"' or pair == '$"':
            return self.double_quoted_end(at + (1 if one == '"' else 2))
        if one == "`":
            return self.match_end(BACK_QUOTED, at + 1)
        if pair in ("$(", "${"):
            return self.closing(at + 1)
        return at + 1

    def double_quoted_end(self, at: int) -> int:
        """Where a text in double quotes, whose first character is at *at*, ends."""
        text = self.text
        while at < len(text):
            if text[at] == '"':
                return at + 1
            if text[at] in "\\`" or text[at : at + 2] in ("$(", "${"):
                at = self.quoted_end(at)
            else:
                at += 1
        raise ShellSyntax

    def closing(self, at: int) -> int:
        """Where the bracket at *at* is closed, quotes in between taken into account."""
        text, closer = self.text, CLOSERS[self.text[at]]
        self.depth += 1
        if self.depth > MAX_SHELL_DEPTH:
            raise ShellSyntax
        at += 1
        while at < len(text):
            if text[at] == closer:
                self.depth -= 1
                return at + 1
            if text[at] == "(" and closer == ")":
                at = self.closing(at)
            elif text[at] in "\\'\"`$":
                at = self.quoted_end(at)
            else:
                at += 1
        raise ShellSyntax

    def match_end(self, pattern: "re.Pattern[str]", at: int) -> int:
        """Where what *pattern* matches from *at* on ends."""
        found = pattern.match(self.text, at)
        if not found:
            raise ShellSyntax
        return found.end()

    def after(self, at: int, mark: str) -> int:
        """Behind the next *mark*."""
        end = self.text.find(mark, at)
        if end < 0:
            raise ShellSyntax
        return end + 1

    def skip_heredocs(self) -> None:
        """Go past the documents that the line before announced."""
        for mark, indented in self.heredocs:
            while self.at < len(self.text):
                end = self.text.find("\n", self.at)
                end = len(self.text) if end < 0 else end
                line = self.text[self.at : end]
                self.at = min(end + 1, len(self.text))
                if (line.lstrip("\t") if indented else line) == mark:
                    break
        self.heredocs = []
