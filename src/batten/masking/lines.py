"""Secrets behind their names, in any syntax: `password: x`, `--token x`, `"secret": "x"`, `<password>x</password>`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.masking.keys import ambiguous, holds_secret
from batten.masking.patterns import commands_in
from batten.masking.values import MASK, identifier, stands_in
from batten.model.record import record

# What must stand in a line, in small letters, for it to be looked at.
WORDS = (
    "store([]byte(",
    "pass", "pwd", "secret", "token", "key", "auth", "cred", "cookie", "sess", "signature", "sig=", "verifier",
    "identified", "jwt.", " -p", " -u", "-cli", "pw", "user ",
)  # fmt: skip
_QUOTE = r"(?:\\?[\"'`]|&quot;|&#34;|&#39;)"
_TEXT = (
    r"\\\"(?P<e>(?:(?!\\\").){0,8000})"  # JSON within JSON
    r"|\"(?P<d>(?:[^\"\\\n]|\\.){0,16000})"
    r"|'(?P<s>(?:[^'\\\n]|\\.|''){0,16000})"
    r"|(?:&quot;|&#34;)(?P<h>(?:(?!&quot;|&#34;)[^\n]){0,8000})"
    r"|&#39;(?P<a>(?:(?!&#39;)[^\n]){0,8000})"
    r"|(?P<u>[^\s\"'&;,<>{}\[\]`\\][^\s\"'&;,<>{}`\n]{0,16000})"
)
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_PATH = re.compile(r"(?<![\w.:-])[A-Za-z_][\w.-]{0,80}(?::[A-Za-z_][\w.-]{0,80}){1,6}")  # `Jwt:Key`
_VALUE = re.compile(_TEXT)
_PAIR = re.compile(
    # A variable of PHP, Perl or PowerShell is one where a text is assigned to it.
    rf"(?<![\w.-])(?<!\$\{{)(?:(?<!\$)|(?=[A-Za-z_]\w{{0,80}}[ \t]{{0,20}}=[ \t]{{0,20}}[\"']))"
    rf"(?P<key>[A-Za-z_][\w.-]{{0,80}}){_QUOTE}?\]?[ \t]{{0,20}}(?P<sep>:=|=>|\+=|==?|::?)[ \t]{{0,20}}"
)
_START = re.compile(
    r"[ \t]{0,200}(?:[-*][ \t]{1,8}){0,3}(?:(?:export|set|SET|ENV|ARG|env|setenv)[ \t]{1,8})?[\"']?\Z"
)
_OPTION = re.compile(
    rf"(?<![\w.-])--?(?P<key>[A-Za-z][\w.-]{{0,80}})(?:{_QUOTE}[ \t]{{0,20}},[ \t]{{0,20}}(?={_QUOTE})|=|[ \t]{{1,20}})"
)
_DIRECTIVE = re.compile(
    rf"[ \t]{{0,200}}(?:(?:-|ENV|ARG|export|set|setenv|env|SetEnv|\w{{1,20}}_param|proxy_set_header|grpc_set_header|add_header"
    rf"|header_up|header_down|header|user[ \t]{{1,8}}\S{{1,100}}|(?:RequestHeader|Header)(?:[ \t]{{1,8}}always)?[ \t]{{1,8}}\w{{1,10}}"
    rf"|(?:http-request|http-response)[ \t]{{1,8}}\w{{1,10}}-header|stats)[ \t]{{1,20}})?"
    rf"{_QUOTE}?(?P<key>[A-Za-z_][\w.-]{{0,80}}){_QUOTE}?[ \t]{{1,200}}(?:{_TEXT})"
)
# A header or variable that a directive sets, wherever it stands: a block may be on one line, and a file within a string.
_SETS = re.compile(
    rf"\b(?:\w{{1,20}}_set_header|\w{{1,20}}_param|add_header|setenv|SetEnv|header_up|header_down"
    rf"|(?:RequestHeader|Header)(?:[ \t]{{1,8}}always)?[ \t]{{1,8}}\w{{1,10}}|(?:http-request|http-response)[ \t]{{1,8}}\w{{1,10}}-header)"
    rf"[ \t]{{1,20}}{_QUOTE}?(?P<key>[A-Za-z_][\w.-]{{0,80}}){_QUOTE}?[ \t]{{1,200}}(?:{_TEXT})"
)
_ELEMENT = re.compile(r"<(?P<key>[A-Za-z_][\w.:-]{0,80})>(?P<u>[^<\n]{1,2000})</")
_RULE = re.compile(r"\buser[ \t]{1,8}\S{1,100}[ \t][^\n]{0,400}?(?<=[ \t])[>#](?P<u>\S{1,400})")
_LOGIN = re.compile(
    r"\b(?:stats[ \t]{1,8}auth|--?basic-auth|--user|--http-user)[ =\t][ \t]{0,8}[\"']?[\w.@-]{1,100}:(?P<u>[^\s\"']{1,400})"
)
_ANYWHERE = re.compile(rf"\b(?P<key>requirepass|masterauth|primaryauth|auth_pass)[ \t]{{1,20}}(?:{_TEXT})")
_TUPLE = re.compile(
    r"(?i)\b(?:auth\w{0,10}[\"']?[ \t]{0,8}(?:=>?|\(|:)[ \t]{0,8}(?:\w{0,30}\(|\[)?|set_cookie\()[\"'][^\"'\n]{0,200}[\"'][ \t]{0,8},[ \t]{0,8}(?:value=)?"
    r"[\"'](?P<u>[^\"'\n]{1,400})"
)
# The default of a variable that is read: `os.environ.get("SECRET_KEY", "x")`, `config("SECRET_KEY", default="x")`.
_FALLBACK = re.compile(
    rf"\([ \t]{{0,8}}{_QUOTE}?(?P<key>[A-Za-z_][\w.-]{{0,80}}){_QUOTE}?[ \t]{{0,8}},[ \t]{{0,8}}"
    rf"(?:[a-z_]{{1,20}}[ \t]{{0,4}}=[ \t]{{0,4}})?(?={_QUOTE})(?:{_TEXT})"
)
# The same where the program writes it behind: `configuration["Jwt:Key"] ?? "x"`, `process.env.SECRET_KEY || "x"`.
_ELSE = re.compile(
    rf"(?<![\w.:$-])(?P<key>[A-Za-z_][\w.:-]{{0,80}}){_QUOTE}?[)\]]{{0,2}}!?[ \t]{{0,20}}(?:\?\?|\|\|)=?[ \t]{{0,20}}@?(?={_QUOTE})(?:{_TEXT})"
)
# A cookie's value: `Cookies.Append("session", "x")`, `res.cookie("session", "x")`, `http.Cookie{Name: "session", Value: "x"}`.
_COOKIE = re.compile(
    rf"(?i)(?<!\w)(?:set_?cookie|cookies?(?:\(\))?[?!]?\.(?:append|add|set|put)|(?:response|res|reply|ctx|c)\.cookie|new[ \t]{{1,8}}cookie)"
    rf"[ \t]{{0,8}}\([ \t]{{0,8}}(?:[\"'][^\"'\n]{{1,200}}[\"']|[\w.]{{1,200}})[ \t]{{0,8}},[ \t]{{0,8}}@?(?={_QUOTE})(?:{_TEXT})"
)
_COOKIE_OPENED = re.compile(r"Cookie[ \t]{0,4}(?:\([^()\n]{0,200}\)[ \t]{0,4})?\{")
# The key that signs a token: `jwt.encode(claims, "x")`.
_SIGNED = re.compile(
    rf"\bjwt\.(?:en|de)code\([^\n]{{1,400}}?,[ \t]{{0,8}}(?:key[ \t]{{0,4}}=[ \t]{{0,4}})?(?={_QUOTE}(?![HREP]S\d{{3}}))(?:{_TEXT})"
)
# A thing with a credential's name, and what in it is the value: `name: DB_PASSWORD` and `value:`, `variable "token" {` and
# `default =`, `client_secret:` and `default:`.
_NAMED = re.compile(
    rf"(?:\b(?:name|key|Name|Key|header)_?{_QUOTE}?[ \t]{{0,8}}[:=][ \t]{{0,8}}{_QUOTE}?|\bvariable[ \t]{{1,8}}\")"
    rf"(?P<key>[A-Za-z_][\w.-]{{0,80}})"
)
_OPENED = re.compile(
    rf"[ \t]{{0,200}}{_QUOTE}?(?P<key>[A-Za-z_][\w.-]{{0,80}}){_QUOTE}?[ \t]{{0,8}}[:=]{{1,2}}[ \t]{{0,8}}(?:\{{|\Z|#)"
)
_ITS_VALUE = re.compile(
    rf"(?<![\w.-])(?P<word>value|Value|default|Default|example|Example|const){_QUOTE}?[ \t]{{0,8}}[:=]{{1,2}}[ \t]{{0,8}}(?:{_TEXT})"
)
_MAP = re.compile(r"[ \t]{0,200}map[ \t]{1,8}[\"']?\$\{?(?:http_|cookie_|arg_)(?P<key>\w{1,80})")
_ENTRY = re.compile(
    r"[ \t]{0,200}(?!default\b|hostnames\b|volatile\b|include\b|[~\"']?~)[\"']?(?P<u>[^\s\"';{}]{1,400})"
)
ENTRIES = 200  # of a map from keys to clients
NEAR = 6  # lines in which a thing says its value
_LONE_OPTION = re.compile(rf"(?<![\w.-])--?(?P<key>[A-Za-z][\w.-]{{0,80}}){_QUOTE}?,?[ \t]{{0,8}}\Z")
_ITEM = re.compile(rf"[ \t]{{0,200}}(?:-[ \t]{{1,8}})?(?:{_TEXT})")
_DEFAULT = re.compile(r"\$\{\w{1,100}:?[-=+](?P<v>[^{}]{1,2000})\}")
_WITH_DEFAULT = re.compile(r"\$\{(?P<key>\w{1,100}):?[-=+](?P<u>[^{}\n]{1,2000})\}")
_COLUMN = re.compile(r"hash_?key", re.IGNORECASE)
_COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z_]{0,40}")
_SWITCH = re.compile(r"(?i)(?:^|[_.-])auth$")
_ANNOTATED = re.compile(r"[A-Za-z_][\w.\[\], |]{0,80}?[ \t]{1,8}=[ \t]{1,8}")
_STOPS = re.compile(r"[ \t]#|&[\w.-]{1,80}=")  # a comment, the next field of a form
_SCHEME = re.compile(r"(?i)(?:basic|bearer|token|digest|apikey|negotiate|key)[ \t]{1,8}(?=\S)")
_PROSE = re.compile(r"[a-z]{2,}[.,:]?")
_OPENS = (
    "|",
    ">",
    "{",
    "[",
    "&",
    "*",
    "!Ref",
    "!Sub",
    "!GetAtt",
    "!ImportValue",
    "!secret",
    "!vault",
    "!reference",
)


@record
class Hit:
    """Where a secret stands. `telling` is False where the text may as well be its name."""

    start: int
    end: int
    telling: bool = True


# Keys of sessions in Go, which are arguments without a name: `sessions.NewCookieStore([]byte("…"))`.
_KEYED = re.compile(rf"Store\(\[\]byte\([ \t]{{0,4}}(?:{_TEXT})")
HEADER = "X-Api-Key"  # of `patterns.commands()`: names of images end like it
OBJECT = 600  # characters of a thing that has a value
NAME = 300  # characters of the beginning of a name
_BEGUN = re.compile(r"(?:(?<=[\s\"'`(,=\[{>])|\A)[^\s\"'`(,=\[{>]{1,300}\Z")
_DIGESTS = ("sha1-", "sha256:", "sha256-", "sha384-", "sha512:", "sha512-", "SHA256:", "h1:")
_RESOURCE = re.compile(r"(?:\A|/)(?:arn|urn):[\w-]{1,40}:")
_PATH_OF = re.compile(
    r"(?:[\w-]{1,100}(?:\.[\w-]{1,100}){0,10}(?::\d{1,5})?/)(?:[\w.-]{1,100}/){0,20}"
)  # a registry, folders
_ASKED = re.compile(r"user|auth|cookie")


def named(text: str) -> Iterator[Hit]:
    """The secrets that stand behind their names, line by line."""
    low = text.lower()
    if len(low) != len(text):  # a few letters grow when they get small
        low = "".join(c.lower() if c.isascii() else c for c in text)
    for start, end in _lines(text, low):
        line = text[start:end]
        small = low[start:end]
        hits = list(_in_commands(line, small))
        for found in _KEYED.finditer(line):
            hits += _valued(found, "secret", line, False)
        names = _NAME.findall(line)
        if any(map(holds_secret, names)) or any(
            map(holds_secret, _PATH.findall(line) if ":" in line else ())
        ):
            hits += (*_behind_names(line, small), *_next(line, text, end))
        for hit in hits:
            yield Hit(hit.start + start, hit.end + start, hit.telling)


def _lines(text: str, low: str) -> list[tuple[int, int]]:
    """The lines in which one of the words stands; a longer line in pieces, which bounds every expression."""
    found: dict[int, int] = {}
    for word in WORDS:
        at = low.find(word)
        while at >= 0:
            # Whether it is a word of its own that every file has: `key:`, `proxy_pass`. A key that is secret says of
            # what.
            if word == "key":
                is_other = not (low[at - 1 : at].isalnum() or low[at - 1 : at] in ("_", "-", ".", ":"))
            else:
                is_other = (
                    word == "pass"
                    and low.startswith("_pass", at - 1)
                    and low.startswith(("proxy", "stcgi"), at - 6)
                )
            if is_other:
                at = low.find(word, at + 1)
                continue
            start = low.rfind("\n", 0, at) + 1
            end = _end(low, at)
            found[start] = end
            at = low.find(word, end)
    return sorted(found.items())


def _end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _behind_names(line: str, low: str) -> Iterator[Hit]:
    """What stands behind a name that holds a secret."""
    for found in _PAIR.finditer(line):
        if names_something(line, found.start()):
            continue
        if holds_secret(found["key"]) and line.startswith("{", found.end()):
            yield from _within(line, found.end(), found["key"])
        if holds_secret(found["key"]) and (value := _VALUE.match(line, found.end())):
            first = _START.match(line, 0, found.start()) is not None and found["sep"] in (":", "=")
            yield from _valued(value, found["key"], line, first)
    if "--" in line or " -" in line or '"-' in line or "'-" in line or line.startswith("-"):
        for found in _OPTION.finditer(line):
            if holds_secret(found["key"]) and (value := _VALUE.match(line, found.end())):
                yield from _valued(value, found["key"], line, False)
    yield from _directive(line, 0)
    # Where the lines of a file begin that is written within a string.
    at = line.find("\\n")
    while at >= 0:
        yield from _directive(line, at + 2)
        at = line.find("\\n", at + 2)
    for found in _ANYWHERE.finditer(line) if "auth" in low or "requirepass" in low else ():
        yield from _valued(found, found["key"], line, False)
    for keyed, marks in _BESIDE:
        for found in keyed.finditer(line) if any(mark in line for mark in marks) else ():
            if holds_secret(found["key"] if keyed is not _ELEMENT else found["key"].rpartition(":")[2]):
                yield from _valued(found, found["key"], line, False)


# What else names a key beside its value, and the characters without which a line has none.
_BESIDE = (
    (_SETS, ("",)),
    (_WITH_DEFAULT, ("${",)),
    (_FALLBACK, ("(",)),
    (_ELSE, ("??", "||")),
    (_ELEMENT, ("</",)),
)


def _directive(line: str, at: int) -> Iterator[Hit]:
    """The value of a directive that begins there: a key, and what it is set to without a sign between them."""
    directive = _DIRECTIVE.match(line, at)
    if directive is not None and holds_secret(directive["key"]) and not _is_prose(directive, line):
        yield from _valued(directive, directive["key"], line, False)


def _within(line: str, opened: int, key: str) -> Iterator[Hit]:
    """The value of a thing that is written out on its line: `"token": {"type": "string", "default": "x"}`."""
    end = line.find("}", opened, opened + OBJECT)
    for its in _ITS_VALUE.finditer(line, opened, end if end >= 0 else opened + OBJECT):
        yield from _valued(its, key, line, False)


def names_something(text: str, at: int) -> bool:
    """Whether the word there is part of a name, whatever is written in it: of an ARN (`arn:aws:ssm:…:parameter/token:3`), of an
    image (`shop/auth-token:1.4`); or is a public digest, as lock files hold."""
    before = text[max(0, at - NAME) : at]
    word = _BEGUN.search(before)
    begun = word[0] if word is not None else ""
    return (
        _RESOURCE.search(begun) is not None
        or begun.endswith(_DIGESTS)
        or _PATH_OF.fullmatch(begun) is not None
    )


def _in_commands(line: str, low: str) -> Iterator[Hit]:
    """What commands and rules carry without such a name."""
    for pattern in (_RULE, _LOGIN, _TUPLE):
        for found in pattern.finditer(line) if _ASKED.search(low) else ():
            yield from _valued(found, "", line, False)
    for found in _COOKIE.finditer(line) if "cookie" in low else ():
        yield from _valued(found, "", line, False)
    for found in _SIGNED.finditer(line) if "jwt." in low else ():
        yield from _valued(found, "", line, False)
    for name, _, pattern in commands_in(low):
        for found in pattern.finditer(line):
            if name == HEADER and names_something(line, found.start()):
                continue
            if not stands_in(found["v"]) and MASK not in found["v"]:
                start, end = found.span("v")
                quoted = found["v"][0] in "'\""
                yield Hit(start + quoted, end - quoted)


def _is_prose(found: re.Match[str], line: str) -> bool:
    """Whether the words are a sentence's: more follows that is no comment, or it begins as one does."""
    rest = line[found.end() :].lstrip("\"'`,; \t")
    if (
        found["u"] is not None
        and rest
        and not rest.startswith(("#", "//", "if ", "unless ", "{", "\\", "expr=", "env=", "always"))
    ):
        return True
    return found["key"][:1].isupper() and found["u"] is not None and _PROSE.fullmatch(found["u"]) is not None


def _next(line: str, text: str, end: int) -> Iterator[Hit]:
    """`name: DB_PASSWORD` with its `value:` in the same or a later line; `- --requirepass` with the next item."""
    cookie = _COOKIE_OPENED.search(line) if "Cookie" in line else None
    if cookie is not None:
        yield from _of_cookie(line, cookie.end(), text, end)
    found = next((f for f in _NAMED.finditer(line) if holds_secret(f["key"])), None)
    if found is not None:
        for its in _ITS_VALUE.finditer(line, found.end()):
            yield from _valued(its, found["key"], line, False)
    opened = _OPENED.match(line) if found is None else None
    if opened is not None and holds_secret(opened["key"]):
        found = opened
    if found is not None:
        yield from _below(found["key"], text, end, len(line) - end)
        return
    keys = _MAP.match(line) if "map" in line else None
    if keys is not None and holds_secret(keys["key"]):
        yield from _entries(text, end, len(line) - end)
    option = _LONE_OPTION.search(line, max(0, len(line) - 100)) if "-" in line else None
    if option is not None and holds_secret(option["key"]):
        for start, stop in _following(text, end, 1):
            value = _ITEM.match(text[start:stop])
            if value is not None:
                yield from _moved(
                    _valued(value, option["key"], text[start:stop], False), start - end + len(line)
                )


def _of_cookie(line: str, at: int, text: str, end: int) -> Iterator[Hit]:
    """The value of a cookie whose fields are written behind that place, or in the lines below."""
    for its in _ITS_VALUE.finditer(line, at):
        yield from _valued(its, "", line, False)
    if "}" in line[at:]:
        return
    for start, stop in _following(text, end, NEAR):
        below = text[start:stop]
        for its in _ITS_VALUE.finditer(below):
            yield from _moved(_valued(its, "", below, False), start - end + len(line))
        if "}" in below:
            return


def _below(key: str, text: str, end: int, back: int) -> Iterator[Hit]:
    """The values in the lines below the one that ends there; `back` leads from the text's offsets to that line's."""
    for start, stop in _following(text, end, NEAR):
        line = text[start:stop]
        if _NAMED.search(line):
            return
        value = _ITS_VALUE.search(line)
        if value is not None:
            whole = not line[: value.start()].strip(" \t-\"'")
            yield from _moved(_valued(value, key, line, whole), start + back)


def _entries(text: str, end: int, back: int) -> Iterator[Hit]:
    for start, stop in _following(text, end, ENTRIES):
        if _MAP.match(text, start, stop):
            return  # it looks for its own
        entry = _ENTRY.match(text[start:stop])
        if entry is not None:
            yield from _moved(_valued(entry, "", text[start:stop], False), start + back)
        if "}" in text[start:stop]:
            return


def _following(text: str, end: int, most: int) -> Iterator[tuple[int, int]]:
    for _ in range(most):
        if end >= len(text):
            return
        start, end = end + 1, _end(text, end + 1)
        yield start, end


def _moved(hits: Iterator[Hit], by: int) -> Iterator[Hit]:
    for hit in hits:
        yield Hit(hit.start + by, hit.end + by, hit.telling)


def _valued(found: re.Match[str], key: str, line: str, to_the_end: bool) -> Iterator[Hit]:
    """The value that was matched, without quotes, scheme, and what only stands for one."""
    groups = found.groupdict()
    group = next((g for g in ("e", "d", "s", "h", "a", "u") if groups.get(g) is not None), None)
    if group is None:
        return
    start, end = found.span(group)
    if group == "u" and to_the_end:
        # The end of an unquoted value that takes the rest of its line, a comment left out.
        stop = _STOPS.search(line, start)
        limit = stop.start() if stop is not None else len(line)
        end = start + len(line[start:limit].rstrip(" \t\r,;\\"))
    text = line[start:end]
    annotated = _ANNOTATED.match(text) if group == "u" else None
    if annotated is not None:
        start += annotated.end()
        quote = line[start : start + 1]
        closing = line.find(quote, start + 1) if quote in ("'", '"') else -1
        start, end = (start + 1, closing) if closing > 0 else (start, end)
        text = line[start:end]
    scheme = _SCHEME.match(text)
    if scheme is not None:
        start, text = start + scheme.end(), text[scheme.end() :]
    default = _DEFAULT.search(text)
    if default is not None:
        start, end, text = start + default.start("v"), start + default.end("v"), default["v"]
    if _COLUMN.fullmatch(key) and _COLUMN_NAME.fullmatch(text):
        return  # the attribute of a table by which its rows are found
    if not text.strip() or MASK in text or stands_in(text) or (group == "u" and text.startswith(_OPENS)):
        return
    if _SWITCH.search(key) and ":" not in text and "/" not in text and len(text) < 12:
        return  # `basic_auth off` is a switch
    yield Hit(start, end, not (ambiguous(key) and identifier(text)))
