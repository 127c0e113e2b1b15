"""The forms in which tools write secrets: after which words they stand, and where they end.

One pattern of nothing but words finds where something may begin; a function for each kind says what
to hide there. A text is passed once from its beginning to its end, and nothing that was passed is
looked at again, so that the time grows with the length of the text alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from arc_compliance.base.plain_words import NO_P, NO_PASSWORDS, is_pair, looks_random
from arc_compliance.base.value_ends import Span, element_at, enclosed, end_of_line, word_at

_SEPARATOR = re.compile(
    r"[\w.\-\]]{0,40}\\{0,8}[\"']?[ \t]{0,9}"
    r"(?:,?\s?\\{0,8}[\"']?value\\{0,8}[\"']?[ \t]{0,9})?"
    r"(?::=|=>|[:=])[ \t]{0,9}(?:[|>][-+]?\n[ \t]{1,9}|\n\s{0,40}(?=[\"'\[{]))?"
    r"|\s(?:for|of)\s[^\s:=]{1,64}(?:\sis\s|:[ \t]?)[ \t]{0,9}"
)
"""What stands between a name and its value, in YAML on the next line too."""

_TAG_BEGINS = re.compile(r"<[\w:.-]{0,50}$")
_TAG_ENDS = re.compile(r"[\w.-]{0,40}(?:\s[^<>\n]{0,80})?>")
_OPTION_BEGINS = re.compile(r"(?<![\w-])--?[\w-]{0,40}$")
_OPTION_VALUE = re.compile(r"\s{1,9}(?:([\"'])(?P<quoted>.+?)\1|(?P<value>[^\s'\"<>-][^\s]*))")
_NO_TOKEN = re.compile(r"s?[-_ ]?(?:type|endpoint|ur[il]|server)")
_NO_KEY = re.compile(r"s?[-_ ]?(?:file|path|type|vault|checking|algorithms|alias|agent|dns|usage)")
_PEM_KEY = re.compile(r"[^-\n]{0,40}private key|(?<=putty-user-key-file)")
_HEXADECIMAL = re.compile(r"(?i)[0-9a-fx:]+$")
_VERDICT = re.compile(r":[ \t]{1,9}([^\s]{1,200})")
_END_OF_PASSWORD = re.compile(
    r"[\n<]|&[\w.-]{1,30}=|[;,]\s?[\"']?[\w. -]{1,30}[\"']?\s?[:=]"
    r"|\s(?:--?[a-z]|[\w.-]{1,30}=|[a-z]{2,8}://)"
    r"|\s(?:\||&&|>)"
)
_HIDDEN = re.compile(r"\*\*\*(?=$|[\s}\]),;&\"'<])")
_SPACED = re.compile(r"[ \t]{1,9}(?:(?:is|was)[ \t]{1,9})?(?:\\{0,8}[\"'])?([^\s]+)")
_CREDENTIALS = re.compile(r"\s{1,9}[\"']?([^\s,'\"<>]{4,})")
_ASSIGNMENT = re.compile(r"\s{0,9}[\"']?[A-Za-z_-]{1,64}=[\"'\w*]")
_QUOTED_PAIR = re.compile(r"[\s=]{0,9}([\"'])(?P<pair>[^:\"'\n]{0,64}:[^\n]*?)\1")
_BARE_PAIR = re.compile(r"[\s=]{0,9}(?P<pair>[^\s:/]{0,64}:(?!//)\S+)")
_GLUED_PAIR = re.compile(r"(?<=\s)-U[\w\\][^\s:/]{0,64}:")
_AFTER_P = re.compile(r"[\s=]{0,9}(?:([\"'])(.+?)\1|(\S+))")
_GLUED = re.compile(r"(?:[^\n|;&]{0,30}\s)??-p([^\s'\"]+|'[^'\n]*'|\"[^\"\n]*\")")
_AWS_KEY = re.compile(r"[A-Z]{4}[A-Z2-7]{16}\b")
_LETTERS = re.compile(r"[\w.+/=~-]+")
_CLIENT_SECRET = re.compile(r"[\w.~-]{31,}")

MOST_LOOKS = 100
LOOKS_EACH = 32
"""How often a text is looked at more closely: so often, and once for each so many characters. A
text with more words that name secrets than that is none that anybody wrote; what remains of it is
hidden whole."""

_LEFT_OF_PASS = re.compile(r"(?:^|[^a-z]|user|proxy|db|ssh|my|http|admin|root|login)$")
_LEFT_OF_KEY = re.compile(
    r"(?:api|access|account|shared|subscription|functions?|private|secret|storage|primary|secondary"
    r"|master|encryption|signing|client|auth|service|admin|licen[cs]e|host|code|web|app|instance"
    r"|workspace|(?:^|[^a-z])x-[a-z-]{1,30})[-_.]?$"
    r"|(?:api|access|account|shared|subscription|storage|primary|secondary|workspace)\s$"
)


def secrets_in(text: str) -> Iterator[Span]:
    """What is to be hidden in *text*, from its beginning to its end."""
    low = text.lower()
    if len(low) != len(text):
        return
    position, looks = 0, MOST_LOOKS + len(text) // LOOKS_EACH
    for hit in _WORDS.finditer(low):
        if hit.start() < position:
            continue
        looks -= 1
        if looks < 0:
            yield hit.start(), len(text)
            return
        if span := _KINDS[hit[0]](text, low, hit):
            yield span
            position = span[1]


def names_a_secret(key: str) -> bool:
    """Whether the value of *key*, in an object or a header, is a secret whatever it is."""
    low = key.lower()
    return any(_names(low, hit) for hit in _WORDS.finditer(low))


def _names(low: str, hit: re.Match[str]) -> bool:
    kind, end = _KINDS[hit[0]], hit.end()
    if kind is _token:
        return not _NO_TOKEN.match(low, end)
    return (
        kind in (_header, _password)
        or (kind is _pass and _stands_alone(low, hit, _LEFT_OF_PASS))
        or (kind is _short and _stands_alone(low, hit))
        or (
            kind is _key
            and _LEFT_OF_KEY.search(low, 0, hit.start()) is not None
            and not _NO_KEY.match(low, end)
        )
    )


def _stands_alone(low: str, hit: re.Match[str], left: re.Pattern[str] | None = None) -> bool:
    """Whether the word *hit* is not a part of another."""
    start, after = hit.start(), low[hit.end() : hit.end() + 1]
    if left is not None:
        fits = left.search(low, max(0, start - 8), start) is not None
    else:
        fits = not low[max(0, start - 1) : start].isalnum()
    return fits and not after.isalpha()


# -- the kinds -----------------------------------------------------------------------------------


def _pem(_: str, low: str, hit: re.Match[str]) -> Span | None:
    """The whole block; all that follows, where its end was cut off."""
    if not _PEM_KEY.match(low, hit.end()):
        return None
    end = low.find("-----end", hit.end())
    closed = low.find("-----", end + 8) if end >= 0 else -1
    return hit.start(), closed + 5 if closed >= 0 else len(low)


def _header(_: str, low: str, hit: re.Match[str]) -> Span | None:
    found = None if _NO_TOKEN.match(low, hit.end()) else _SEPARATOR.match(low, hit.end())
    if found is None:
        return None
    end = end_of_line(low, found.end())
    return (found.end(), end) if end > found.end() else None


def _password(text: str, low: str, hit: re.Match[str]) -> Span | None:
    """A password goes on to the end of its line, or to where the next thing is named."""
    start, span = _begin(text, low, hit)
    if start is None or span:
        return span
    stop = _END_OF_PASSWORD.search(low, start)
    end = stop.start() if stop else len(low)
    return (start, end) if end > start else None


def _token(text: str, low: str, hit: re.Match[str]) -> Span | None:
    start, span = _begin(text, low, hit)
    return span if start is None or span else word_at(low, start)


def _begin(text: str, low: str, hit: re.Match[str]) -> tuple[int | None, Span | None]:
    """Where the value of the name *hit* begins, None where it has none; and where it stands, where
    marks enclose it."""
    if found := _SEPARATOR.match(low, hit.end()):
        hidden = _HIDDEN.match(low, found.end())
        return found.end(), hidden.span() if hidden else enclosed(low, found.end())
    element = _TAG_ENDS.match(low, hit.end())
    if element and _TAG_BEGINS.search(low, max(0, hit.start() - 60), hit.start()):
        return None, element_at(low, element.end())
    if _OPTION_BEGINS.search(low, max(0, hit.start() - 45), hit.start()):
        value = _OPTION_VALUE.match(low, hit.end())
        return None, (value.span("quoted" if value["quoted"] else "value") if value else None)
    return None, _spaced(text, hit)


def _pass(text: str, low: str, hit: re.Match[str]) -> Span | None:
    """``pass=``; not ``pass: `` and a sentence, which is a verdict."""
    if not _stands_alone(low, hit, _LEFT_OF_PASS):
        return None
    said = _VERDICT.match(text, hit.end())
    return None if said and not looks_random(said[1]) else _password(text, low, hit)


def _short(text: str, low: str, hit: re.Match[str]) -> Span | None:
    """``pw`` and ``pin`` are passwords, ``sig`` and ``sas`` signatures, where they stand alone."""
    if not _stands_alone(low, hit):
        return None
    return (_password if hit[0].startswith("p") else _token)(text, low, hit)


def _key(text: str, low: str, hit: re.Match[str]) -> Span | None:
    """A key of an account or an interface, or one in a query; most keys are nothing of the kind."""
    if _LEFT_OF_KEY.search(low, max(0, hit.start() - 40), hit.start()):
        return None if _NO_KEY.match(low, hit.end()) else _token(text, low, hit)
    return _code(text, low, hit)


def _code(text: str, low: str, hit: re.Match[str]) -> Span | None:
    """``code=`` or ``key=``: in a query, or where what follows is nothing else.

    A key has digits and letters; a digest has hexadecimal digits alone.
    """
    before = low[hit.start() - 1] if hit.start() else " "
    start = hit.end() + 1
    if low[hit.end() : start] != "=":
        return None
    span = enclosed(low, start) or word_at(low, start)
    if span is None or before in "?&;":
        return span
    value = text[span[0] : span[1]]
    certain = len(value) >= 16 and not before.isalnum() and before not in "_.-"
    return span if certain and looks_random(value) and not _HEXADECIMAL.match(value) else None


def _parameter(_: str, low: str, hit: re.Match[str]) -> Span | None:
    """What is a secret in a query only."""
    if low[max(0, hit.start() - 1) : hit.start()] not in ("?", "&", ";"):
        return None
    return enclosed(low, hit.end()) or word_at(low, hit.end())


def _scheme(text: str, _: str, hit: re.Match[str]) -> Span | None:
    """What follows ``Basic`` or ``Bearer``, where it is neither a parameter nor a word."""
    found = _CREDENTIALS.match(text, hit.end()) if _begins(text, hit) else None
    if found is None or _ASSIGNMENT.match(text, hit.end()):
        return None
    if hit[0] == "digest" and _HEXADECIMAL.match(found[1]):
        return None  # that of an order, a file, a program
    return found.span(1) if looks_random(found[1]) or is_pair(found[1]) else None


def _pair(text: str, _: str, hit: re.Match[str]) -> Span | None:
    if not _begins(text, hit):
        return None
    start = hit.start() + 2 if hit[0].startswith("-u") else hit.end()
    if hit[0] == "-u" and not _GLUED_PAIR.match(text, hit.start()):
        return None
    found = _QUOTED_PAIR.match(text, start) or _BARE_PAIR.match(text, start)
    return found.span("pair") if found else None


def _p(text: str, _: str, hit: re.Match[str]) -> Span | None:
    found = _AFTER_P.match(text, hit.start() + 2) if _begins(text, hit) else None
    if found is None or (found[3] and NO_P.match(found[3].lower())):
        return None
    return found.span(2) if found[2] else found.span(3)


def _program(text: str, low: str, hit: re.Match[str]) -> Span | None:
    """A program whose option ``-p`` takes a password without a space between."""
    found = _GLUED.match(text, hit.end())
    return found.span(1) if found else _password(text, low, hit)


def _of_service(text: str, _: str, hit: re.Match[str]) -> Span | None:
    """A token that tells by its first letters whose it is."""
    if not _begins(text, hit):
        return None
    if hit[0] in ("akia", "asia", "abia", "acca"):
        key = _AWS_KEY.match(text, hit.start())
        return key.span() if key else None
    found = _LETTERS.match(text, hit.start())
    assert found
    if hit[0] == "eyj":
        return found.span() if "." in found[0] and found[0].startswith("eyJ") else None
    return found.span() if len(found[0]) >= 20 else None


def _entra(text: str, _: str, hit: re.Match[str]) -> Span | None:
    """A client secret of Microsoft Entra ID: three characters, 7Q~ or 8Q~, and 31 or more."""
    found = _CLIENT_SECRET.match(text, hit.end())
    return (max(0, hit.start() - 3), found.end()) if found else None


_KINDS: Mapping[str, Callable[[str, str, re.Match[str]], Span | None]] = {
    one: kind
    for kind, words in (
        (_pem, ("-----begin ", "---- begin ", "putty-user-key-file")),
        (_header, ("authorization", "cookie")),
        (_password, ("password", "passwd", "passwort", "passphrase", "pass-phrase", "pass_phrase")),
        (_password, ("pass phrase", "passcode", "pswd", "pwd", "secret", "credential", "creds")),
        (_password, ("kennwort", "mot de passe", "密码", "密碼", "口令")),
        (_pass, ("pass",)),
        (_short, ("pw", "pin", "psk", "sig", "sas")),
        (_token, ("token", "signature")),
        (_key, ("key",)),
        (_code, ("code",)),
        (_parameter, ("auth=", "ticket=", "assertion=", "otp=", "sign=")),
        (_scheme, ("basic", "bearer", "negotiate", "ntlm", "digest", "sharedkey", "sharedkeylite")),
        (_pair, ("-u", "-u ", "-u=", "-u'", '-u"', "--user", "--proxy-user", "proxy-user")),
        (_p, ("-p ", "-p=", "-p'", '-p"')),
        (_program, ("sshpass", "mysql", "mysqldump", "mariadb", "plink")),
        (_of_service, ("eyj", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-")),
        (_of_service, ("akia", "asia", "abia", "acca", "xoxa", "xoxb", "xoxe", "xoxo", "xoxp")),
        (_of_service, ("xoxr", "xoxs", "xapp-", "sk-", "sk_live_", "sk_test_", "rk_live_", "npm_")),
        (_of_service, ("pypi-ag", "aiza", "ya29.", "sg.", "hf_", "dop_v1_", "hvs.", "sntrys_")),
        (_of_service, ("shpat_", "dckr_pat_", "lin_api_", "atatt3", "b3blbnnzac1rzxktdje")),
        (_entra, ("7q~", "8q~")),
    )
    for one in words
}
_WORDS = re.compile("|".join(map(re.escape, sorted(_KINDS, reverse=True))))
"""Where something may begin. A pattern of plain words is many times as fast as any other."""


# -- words ----------------------------------------------------------------------------------------


def _spaced(text: str, hit: re.Match[str]) -> Span | None:
    """``password hunter2``: a word that no sentence about passwords goes on with."""
    found = _SPACED.match(text, hit.end())
    if found is None:
        return None
    word = found[1].rstrip(".,;:!?)'\"").lower()
    certain = len(hit[0]) > 5 and hit[0].startswith("pass")
    if certain and word not in NO_PASSWORDS and not word.startswith(("(", "***", "--")):
        return found.span(1)
    return found.span(1) if not certain and len(word) >= 6 and looks_random(found[1]) else None


def _begins(text: str, hit: re.Match[str]) -> bool:
    """Whether no word or option goes on to *hit*."""
    before = text[max(0, hit.start() - 1) : hit.start()]
    return not (before.isalnum() or before in ("_", "-"))
