"""What a credential looks like, for every reader that meets text people typed.

Nothing here returns a credential: callers learn its kind ("password", "GitHub token") and its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.model import Span
from batten.model.record import record

# Formats that their issuers publish so that leaks can be found; each has a fixed prefix.
TOKENS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("AWS access key", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
        ("GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})"),
        ("GitLab token", r"\bgl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,}"),
        ("Slack token", r"\bxox[abposr]-[A-Za-z0-9-]{10,}"),
        ("Slack webhook", r"https://hooks\.slack\.com/services/T\w+/B\w+/\w{16,}"),
        ("Stripe live key", r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
        ("Google API key", r"\bAIza[A-Za-z0-9_-]{35}"),
        ("SendGrid key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
        ("npm token", r"\bnpm_[A-Za-z0-9]{36}"),
        ("PyPI token", r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20,}"),
        ("JSON web token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
        ("private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    )
)
_EXAMPLE_TOKENS = frozenset(("AKIAIOSFODNN7EXAMPLE",))  # printed in AWS's documentation

_PASSWORD = re.compile(
    r"(?:^|[_.\-])(?:PASS(?:WORD|WD|PHRASE)?|PWD|PW|REQUIREPASS)$|PASSWORD$", re.IGNORECASE
)
_KEY = re.compile(
    r"(?:^|[_.\-])(?:SECRET(?:[_.\-]?KEY(?:[_.\-]?BASE)?)?|(?:API|AUTH|ACCESS|REFRESH|BEARER|BOT|DEPLOY)?[_.\-]?TOKEN|"
    r"(?:API|ACCESS|SIGNING|ENCRYPTION|MASTER|PRIVATE|JWT|APP|AUTH|SECRET|LICENSE)[_.\-]?KEY|CREDENTIALS?|ERLANG[_.\-]COOKIE)$"
    r"|(?:APIKEY|SECRETKEY|ACCESSTOKEN|AUTHTOKEN|CLIENTSECRET)$",
    re.IGNORECASE,
)
_PUBLIC = re.compile(r"PUBLIC|PUBLISHABLE|(?:^|_)PWD$|^OLDPWD$|SITE_KEY$", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"|null|none|nil|true|false|yes|no|undefined|todo|tbd|"
    r"<.*>|\[.*\]|\{\{.*\}\}|\$.*|%.*%|@.*@|__.*__|"
    r"[x*.\-_#?]+|\.\.\.|…|"
    r"(?:your|insert|enter|put|add|replace|set|fill|use|generate)[-_ .].*|"
    r".*(?:replace|change|fill)[-_ ]?(?:me|this|it)[-_ ]?(?:in|with|before|please).*|"
    r"replace[-_]?me|fixme|placeholder|example|redacted|hidden|dummy|secret[-_ ]?(?:key|token|here)|"
    r"/run/secrets/.*|(?:file|vault|ssm|arn|sops|op|aws-sm|gcp-sm|azurekv|enc|keyring):.*|ref\+.*",
    re.IGNORECASE | re.DOTALL,
)
_URL = re.compile(
    r"\b(?P<scheme>[a-z][a-z0-9+.\-]*)://(?P<user>[^\s:/@'\"]*):(?P<password>[^\s/@'\"]+)@", re.IGNORECASE
)
_WORDLIKE = re.compile(r"[a-z]+|[0-9]{1,6}|[A-Z]+")


def token(text: str) -> str | None:
    """The kind of the first known token in the text."""
    for kind, pattern in TOKENS:
        found = pattern.search(text)
        if found and found[0] not in _EXAMPLE_TOKENS:
            return kind
    return None


def placeholder(value: str) -> bool:
    """Whether the value only stands for a credential: a variable, a reference, "<your-key>"."""
    return _PLACEHOLDER.fullmatch(value.strip().strip("'\"")) is not None


def password_name(name: str) -> bool:
    return _PASSWORD.search(name) is not None and _PUBLIC.search(name) is None


def key_name(name: str) -> bool:
    """Whether a setting of this name holds a key or token. `_FILE`, `_URL`, `_TTL` … end otherwise."""
    return _KEY.search(name) is not None and _PUBLIC.search(name) is None


def url_password(value: str) -> Span | None:
    """Where a literal password stands in the user part of a URL."""
    for found in _URL.finditer(value):
        if not placeholder(found["password"]) and "\0" not in found["password"]:
            return Span(*found.span("password"))
    return None


def recognise(name: str, value: str) -> str | None:
    """What credential the setting `name` holds when its value is this literal; None when it is none."""
    known = token(value)
    if known or placeholder(value) or "\0" in value:
        return known
    if url_password(value):
        return "password in a URL"
    if password_name(name):
        return "password" if value.count(" ") < 3 else None  # more is a sentence about one
    if key_name(name) and _keylike(value):
        return "token" if "token" in name.lower() else "key"
    return None


def _keylike(value: str) -> bool:
    """Long and mixed enough to be one; a path, a URL, a word or a sentence is not."""
    if len(value) < 8 or re.search(r"\s|^[/.~]|://", value) or _WORDLIKE.fullmatch(value):
        return False
    return len(set(value)) >= 5


@record
class Typed:
    """A credential typed into a command: who carries it and what it is."""

    name: str
    kind: str
    span: Span


_VALUE = r"(?P<v>'[^']+'|\"[^\"]+\"|[^\s'\"|;&)]+)"
_COMMANDS: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (name, kind, re.compile(pattern))
    for name, kind, pattern in (
        (
            "mysql",
            "password",
            rf"\b(?:mysql\w*|mariadb[\w-]*)\b[^|;]*?\s(?:-p(?=[^\s-])|--password=){_VALUE}",
        ),
        ("sshpass", "password", rf"\bsshpass\s+(?:\S+\s+)*?-p\s*{_VALUE}"),
        ("redis-cli", "password", rf"\b(?:redis|valkey)-cli\b[^|;]*?\s(?:-a|--pass|--askpass=)\s*{_VALUE}"),
        ("curl", "password", rf"\bcurl\b[^|;]*?\s(?:-u|--user|--proxy-user)[ =]?['\"]?[\w.@%+-]+:{_VALUE}"),
        ("wget", "password", rf"\bwget\b[^|;]*?--(?:http-|ftp-|proxy-)?password[ =]{_VALUE}"),
        ("Authorization", "token", r"(?i)\bAuthorization\s*:\s*(?:Bearer|Basic|Token)\s+(?P<v>[^\s'\"]{8,})"),
        ("X-Api-Key", "key", r"(?i)\b(?:X-)?(?:Api-Key|Auth-Token|Private-Token)\s*:\s*(?P<v>[^\s'\"]{8,})"),
        (
            "docker login",
            "password",
            rf"\b(?:docker|podman|helm registry|crane auth)\s+login\b[^|;]*?\s(?:-p\s*|--password[ =]){_VALUE}",
        ),
        (
            "aws configure",
            "key",
            rf"\baws\s+configure\s+set\s+(?:\S*\.)?aws_(?:secret_access_key|session_token)\s+{_VALUE}",
        ),
        (
            "mongo",
            "password",
            rf"\bmongo(?:sh|dump|restore|export|import)?\b[^|;]*?\s(?:-p\s+|--password[ =]){_VALUE}",
        ),
        ("az login", "password", rf"\baz\s+login\b[^|;]*?\s(?:-p|--password)[ =]{_VALUE}"),
        ("htpasswd", "password", rf"\bhtpasswd\s+-\w*b\w*\s+\S+\s+\S+\s+{_VALUE}"),
        ("openssl", "password", rf"\bopenssl\b[^|;]*?\spass:{_VALUE}"),
        (
            "chpasswd",
            "password",
            r"\becho\s+['\"]?[\w.-]+:(?P<v>[^\s'\"|]+)['\"]?\s*\|\s*(?:sudo\s+)?chpasswd\b",
        ),
        (
            "SQL",
            "password",
            r"(?i)\b(?:IDENTIFIED\s+(?:WITH\s+\S+\s+)?BY|PASSWORD(?:\s*\(|\s*=)?)\s*'(?P<v>[^']+)'",
        ),
        ("AUTH", "password", rf"(?i)^\s*AUTH\s+(?:\S+\s+)?{_VALUE}\s*$"),
        (
            "CONFIG SET",
            "password",
            rf"(?i)\bCONFIG\s+SET\s+(?:requirepass|masterauth|primaryauth)\s+{_VALUE}",
        ),
    )
)
_ASSIGNMENT = re.compile(
    r"(?:^|[\s;&|(])(?:export\s+|set\s+-x\s+|SET\s+)?(?P<name>[A-Za-z_]\w*)\s?=\s?(?P<v>'[^']*'|\"[^\"]*\"|[^\s'\"|;&),]+)"
)
_OPTION = re.compile(
    r"\s--(?P<name>[\w-]*(?:password|passwd|token|secret|api-key|access-key))[ =](?P<v>'[^']+'|\"[^\"]+\"|[^\s'\"|;&)-][^\s'\"|;&)]*)"
)


def typed(line: str) -> Iterator[Typed]:
    """The credentials in one command line; one that only names a variable is none."""
    for name, kind, pattern in _COMMANDS:
        found = pattern.search(line)
        if found and not placeholder(found["v"]):
            yield Typed(name, kind, Span(*found.span("v")))
    for found in (*_ASSIGNMENT.finditer(line), *_OPTION.finditer(line)):
        name, value = found["name"], found["v"].strip("'\"")
        recognised = recognise(name.replace("-", "_"), value)
        if recognised and recognised != "password in a URL" and "(" not in value:
            yield Typed(name, recognised, Span(*found.span("v")))
    inside = url_password(line)
    if inside:
        yield Typed("URL", "password in a URL", inside)
    known = token(line)
    if known:
        yield Typed(known, known, Span(0, len(line)))
