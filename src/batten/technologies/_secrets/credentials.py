"""What a credential looks like, for every reader that meets text people typed.

Nothing here returns a credential: callers learn its kind ("password", "GitHub token") and its place. Whatever is
asked about here is registered, so that no report shows it, whether or not it becomes a fact.
"""

from __future__ import annotations

import re

from batten import masking
from batten.facts import Secret
from batten.masking import EXAMPLE_TOKENS, TOKENS
from batten.model import Location, Setting, Span

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
        if found and found[0] not in EXAMPLE_TOKENS:
            masking.register(found[0])
            return kind
    return None


def placeholder(value: str) -> bool:
    """Whether the value only stands for a credential: a variable, a reference, "<your-key>". What does not is one."""
    if _stands_in(value):
        return True
    masking.register(value)
    masking.register(value.strip().strip("'\""))
    return False


def _stands_in(value: str) -> bool:
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
    named = password_name(name) or key_name(name) or masking.holds_secret(name)
    if named:
        masking.register(value)
    if known or _stands_in(value) or "\0" in value:
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


def in_config(at: Location, name: str, kind: str) -> Secret:
    """One that is written into a configuration file."""
    return Secret(at, name=name, value=Setting(kind, at), place="config")
