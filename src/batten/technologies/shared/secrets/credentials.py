"""What a credential looks like, for every reader that meets text people typed.

Nothing here returns a credential: callers learn its kind ("password", "GitHub token") and its place. Whatever is
asked about here is registered, so that no report shows it, whether or not it becomes a fact.
"""

from __future__ import annotations

import re
from dataclasses import replace

from batten import masking
from batten.controls._guessing import Guessed, guessed
from batten.facts import Guess, Secret
from batten.masking import EXAMPLE_TOKENS, TOKEN_START, TOKENS
from batten.model import Location, Setting, Span
from batten.model.record import record
from batten.technologies.shared.secrets import evidence
from batten.technologies.shared.secrets.beside import repeats
from batten.technologies.shared.secrets.evidence import Evidence, Place

_PASSWORD = re.compile(
    r"(?:^|[_.\-])(?:PASS(?:WORD|WD|PHRASE)?|PWD|PW|REQUIREPASS)$|PASSWORD$", re.IGNORECASE
)
_KEY = re.compile(
    r"(?:^|[_.\-])(?:SECRET(?:[_.\-]?KEY(?:[_.\-]?BASE)?)?|(?:API|AUTH|ACCESS|REFRESH|BEARER|BOT|DEPLOY)?[_.\-]?TOKEN|"
    r"(?:API|ACCESS|SIGNING|ENCRYPTION|MASTER|PRIVATE|JWT|APP|AUTH|SECRET|LICENSE)[_.\-]?KEY|CREDENTIALS?|ERLANG[_.\-]COOKIE)$"
    r"|(?:APIKEY|SECRETKEY|ACCESSTOKEN|AUTHTOKEN|CLIENTSECRET)$",
    re.IGNORECASE,
)
_PUBLIC = re.compile(
    r"PUBLIC|PUBLISHABLE|(?:^|_)EXISTING|IMAGE_?PULL|RANDOM_(?:ROOT_)?PASS|ALLOW_EMPTY|(?:^|_)(?:REQUIRE|GENERATE|RESET|CHANGE)_|(?-i:^(?:OLD|INIT_)?PWD$)|SITE_KEY$|(?:CREATION|IDEMPOTENCY|NEXT|REQUEST)_?TOKEN$|^CLIENT_?TOKEN$",
    re.IGNORECASE,
)
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
# What is called so names the secret in a store; its value is one if it is no name: words with signs between them.
_NAMES_ONE = re.compile(
    r"(?:PASS(?:WORD|WD)?|CREDENTIALS?|CREDS|CERT(?:IFICATE)?|CONFIG|DATABASE|DB|RDS)[_.\-]?SECRET$",
    re.IGNORECASE,
)
_NAME = re.compile(r"/?[A-Za-z]{2,}\d{0,2}(?:[/_.\-][A-Za-z]{1,20}\d{0,2}){1,8}")
_URL = re.compile(
    r"\b(?P<scheme>[a-z][a-z0-9+.\-]{0,30})://(?P<user>[^\s:/@'\"]*):(?P<password>[^\s/@'\"]+)@",
    re.IGNORECASE,
)
# A connection in pairs: `Server=db;Uid=shop;Pwd=…`, `AccountName=…;AccountKey=…`. What it names, and what is its credential. Sources:
# https://learn.microsoft.com/dotnet/framework/data/adonet/connection-string-syntax,
# https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string,
# https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas#use-the-shared-access-signature-at-amqp-level
_PAIR = re.compile(
    r"(?:^|;)[ \t]*([A-Za-z][A-Za-z _]{0,40}?)[ \t]*=[ \t]*(\"[^\"]*\"|'[^']*'|[^;\"']*)(?=;|\s*$)"
)
_CONNECTED = (
    "server",
    "datasource",
    "host",
    "addr",
    "address",
    "networkaddress",
    "servername",
    "dsn",
    "driver",
)
_CREDENTIALS = {
    "password": "password",
    "pwd": "password",
    "accountkey": "key",
    "sharedaccesskey": "key",
    "primarykey": "key",
}
_USERS = ("userid", "uid", "user", "username")
# `pwd` is the folder where a program works, too.
_WORKING = re.compile(r"(?:^|[_.\-])pwd$", re.IGNORECASE)
_FOLDER = re.compile(r"[~.]?/|\.\.?$|[A-Za-z]:[\\/]")
_EMULATED = "devstoreaccount1"  # the account of Azure's storage emulator, whose key its documentation shows
_LONGEST_CONNECTION = 4096  # characters
# The one host of a URL, after its login: with a list of them the others are elsewhere.
_LOCAL = re.compile(
    r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|host\.docker\.internal)(?::[^/?#\s,@]*)?(?=[/?#\s\"'`;)]|\Z)",
    re.IGNORECASE,
)
_SIGNING = re.compile(
    r"(?:^|[_.\-])(?:JWT|SESSIONS?|COOKIES?|APP|APPLICATION|AUTH|NEXTAUTH|TOKEN|SIGNING|SIGN|HMAC|CSRF|FLASK|DJANGO|RAILS|SYMFONY|"
    r"EXPRESS|ENCRYPTION|CRYPTO|WEBHOOK|INTERNAL|PAYLOAD|SHARED|HASH)[_.\-]?SECRET(?:[_.\-]?KEY(?:[_.\-]?BASE)?)?$"
    r"|(?:^|[_.\-])(?:JWT|SIGNING|SIGN|ENCRYPTION|CRYPTO|ENC|SESSION|COOKIE|HMAC|FERNET|MASTER|HASH)[_.\-]?KEY$"
    r"|[_.\-]SECRET[_.\-]?KEY(?:[_.\-]?BASE)?$|SECRET_KEY_BASE$|^APP_KEYS?$|^SECRET(?:_KEY)?$",
    re.IGNORECASE,
)
_ISSUED = re.compile(
    r"AWS|S3|MINIO|BUCKET|STORAGE|STRIPE|GIT_?HUB|GIT_?LAB|GOOGLE|CAPTCHA|TURNSTILE|TWILIO|SLACK|FACEBOOK|OAUTH|CLIENT|API_?SECRET|"
    r"CLOUD|CONSUMER|ACCESS_KEY|EXISTING|PULL|PUBLIC|PAYPAL|SPACES",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"(?:^|[_.\-])(?:CLIENT|ADMIN|ROOT)[_.\-]?(?:SECRET|TOKEN)$", re.IGNORECASE)
# Values that no server runs with: a template's place, a reference, a value that was taken out.
_BLANK = re.compile(
    r"|null|none|nil|true|false|yes|no|undefined|auto|random|generated|<.*>|\[.*\]|\{\{.*\}\}|.*\$[({\w].*|%.*%|@.*@|__.*__|[x*.\-_#?]+|\.\.\.|…|"
    r"redacted|hidden|/run/secrets/.*|(?:file|vault|ssm|arn|sops|op|aws-sm|gcp-sm|azurekv|enc|keyring):.*|ref\+.*",
    re.IGNORECASE | re.DOTALL,
)
_DOTTED = re.compile(r"[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)+")
_BETWEEN = re.compile(r"[_.\-]")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]+")
# What follows the first line of a key: headers of its encryption, and Base64.
_BODY = re.compile(
    r"(?:\\r|\\n|[\s\"'+])*(?:[A-Z][\w-]{0,30}: [^\n\\]{0,200}(?:\\r|\\n|\s)+)*[A-Za-z0-9+/=]{40}"
)
_LEAST_KEY = 56  # characters: an X25519 key in PKCS #8 (RFC 8410) has 64
_WORDLIKE = re.compile(r"[a-z]+|[0-9]{1,6}|[A-Z]+")


_REPEATED = re.compile(r"([A-Za-z0-9*])\1{11}")  # a placeholder: `ghp_xxxxxxxxxxxxxxxx`


def token(text: str) -> str | None:
    """The kind of the first known token in the text."""
    if TOKEN_START.search(text) is None:
        return None
    for kind, pattern in TOKENS:
        found = pattern.search(text)
        if (
            found
            and _REPEATED.search(found[0]) is None
            and found[0] not in EXAMPLE_TOKENS
            and not _is_hollow(found[0], text[found.end() :])
        ):
            masking.register(found[0])
            return kind
    return None


def _is_hollow(begin: str, rest: str) -> bool:
    """Whether between the two lines of a private key stands less than any key has: an ellipsis, or its first bytes."""
    if not begin.startswith("-----BEGIN"):
        return False
    body, end, _ = rest.partition("-----END")
    if not end:  # what is looked for may be cut behind the first line; other text is no key
        return bool(rest.strip()) and _BODY.match(rest) is None
    return end != "" and len(_NOT_BASE64.sub("", body[: _LEAST_KEY * 8].replace("\\n", ""))) < _LEAST_KEY


def placeholder(value: str) -> bool:
    """Whether the value only stands for a credential: a variable, a reference, "<your-key>". What does not is one."""
    if _stands_in(value):
        return True
    masking.register(value)
    masking.register(value.strip().strip("'\""))
    return evidence.refers(value) or evidence.absent(value)


def _stands_in(value: str) -> bool:
    return _PLACEHOLDER.fullmatch(value.strip().strip("'\"")) is not None


def password_name(name: str) -> bool:
    return _PASSWORD.search(name) is not None and _PUBLIC.search(name) is None


def key_name(name: str) -> bool:
    """Whether a setting of this name holds a key or token. `_FILE`, `_URL`, `_TTL` … end otherwise."""
    return _KEY.search(name) is not None and _PUBLIC.search(name) is None


# Reserved names (RFC 2606, RFC 6761): a credential for a server of such a name is an example.
_NOWHERE = re.compile(
    r"(?:[\w-]+\.)*(?:example(?:\.(?:com|net|org))?|invalid)\.?(?::\d{1,5})?", re.IGNORECASE
)
# A login, and a host, as documentation writes the form of a URL.
_FORM_OF_LOGIN = re.compile(
    r"(?:user|username|usr|login|account|name|id|my[-_]?user(?:name)?|usuario|utilisateur|benutzer|(?:proxy|db|smtp|mail)[-_]?user)?"
    r":(?:pass|passwd|password|pwd|pw|passwort|secret|token|key|contraseña|motdepasse|senha|my[-_]?pass(?:word)?|(?:proxy|db|smtp|mail)[-_]?pass(?:word)?)",
    re.IGNORECASE,
)
_FORM_OF_HOST = re.compile(
    r"(?:(?:my|your|the|some|db|proxy|smtp|mail)?[-_.]?(?:host|hostname|server|domain|address|endpoint)(?:[-_.]?(?:name|\d))?(?:\.(?:com|net|org|tld|local))?|ip|1\.2\.3\.4|\w+\.tld)(?::\w{1,5})?",
    re.IGNORECASE,
)
_HOST = re.compile(r"[^/\s?#,'\"]*")


def nowhere(host: str) -> bool:
    """Whether the host name is reserved, so that no server has it."""
    return _NOWHERE.fullmatch(host) is not None


def demonstrates(url: str, anywhere: bool = False) -> bool:
    """Whether a URL shows the form that one has, `scheme://user:password@host`; with `anywhere`, whatever its host is."""
    found = _URL.search(url)
    return found is not None and _shows_form(url, found, anywhere)


def _shows_form(text: str, found: re.Match[str], anywhere: bool = False) -> bool:
    if _FORM_OF_LOGIN.fullmatch(f"{found['user']}:{found['password']}") is None:
        return False
    host = _HOST.match(text, found.end())
    named = host[0] if host is not None else ""
    return anywhere or nowhere(named) or _FORM_OF_HOST.fullmatch(named) is not None


def url_password(value: str) -> Span | None:
    """Where a literal password stands in the user part of a URL."""
    for found in _URL.finditer(value) if "@" in value else ():
        if (
            not placeholder(found["password"])
            and "\0" not in found["password"]
            and not _shows_form(value, found)
        ):
            return Span(*found.span("password"))
    return None


@record
class InPairs:
    """The credential that stands in a connection in pairs."""

    kind: str  # "password" or "key"
    span: Span
    user: str  # "" where none is named
    host: str

    @property
    def named(self) -> str:
        return f"{self.kind} in a connection string"


def connection_credential(value: str) -> InPairs | None:
    """The literal credential of a connection in pairs."""
    if ";" not in value or "=" not in value or len(value) > _LONGEST_CONNECTION:
        return None
    pairs = {re.sub(r"[ _]", "", found[1]).lower(): found for found in _PAIR.finditer(value)}
    if pairs.keys().isdisjoint((*_CONNECTED, "accountname", "endpoint", "accountendpoint")):
        return None
    if (account := pairs.get("accountname")) is not None and account[2] == _EMULATED:
        return None
    for name, kind in _CREDENTIALS.items():
        found = pairs.get(name)
        if found is None or not (text := found[2].strip().strip("'\"")):
            continue
        if "\0" in text or placeholder(text) or (kind == "key" and not _keylike(text)):
            continue
        user = next((pairs[one][2].strip() for one in _USERS if one in pairs), "")
        host = next((pairs[one][2].strip() for one in _CONNECTED if one in pairs), "")
        begin = found.start(2) + found[2].index(text)
        return InPairs(kind, Span(begin, begin + len(text)), user, host)
    return None


def recognise(name: str, value: str) -> str | None:
    """What credential the setting `name` is shown to hold when its value is this literal; None where nothing shows it."""
    kind = _kind(name, value)
    if kind not in _NAMED_KINDS or evidence.weigh(name, value, kind) is Evidence.SHOWN:
        return kind
    return None


def _kind(name: str, value: str) -> str | None:
    """What credential the setting `name` holds by its name and the form of its value."""
    known = token(value)
    named = password_name(name) or key_name(name) or masking.holds_secret(name)
    if named:
        masking.register(value)
    if known or _stands_in(value) or "\0" in value:
        return known
    if url_password(value):
        return "password in a URL"
    if (held := connection_credential(value)) is not None:
        return held.named
    if _WORKING.search(name) and _FOLDER.match(value):
        return None
    if password_name(name):
        return "password"
    if key_name(name) and _keylike(value) and not (_NAMES_ONE.search(name) and _NAME.fullmatch(value)):
        return "token" if "token" in name.lower() else "key"
    return None


@record
class Found:
    """A credential that a setting holds: its kind, and how it can be guessed."""

    kind: str
    guess: Guessed | None = None
    signs: bool = False
    local: bool = False  # it is for something on the same machine
    suspected: bool = False  # only its name says that it is one
    replaced: str = ""  # the file that sets another value
    told: bool = False  # it is the name of its user or database


_NAMED_KINDS = ("password", "key", "token")


def found(name: str, value: str, place: Place = Place.SETTING, user: str = "") -> Found | None:
    """The credential that the setting `name` holds when its value is used as it is written; `user`: whose it is.

    Beside what looks like one, that is a key or password which can be guessed: nothing there says that it is to be
    replaced before it is used, except in a template, whose reader asks `recognise`.
    """
    kind = _kind(name, value)
    if kind == "password in a URL":
        at = url_password(value)
        written = next(
            (m for m in _URL.finditer(value) if at is not None and m.start("password") == at.start), None
        )
        return _written(value, written) if written is not None else Found("password in a URL")
    if kind is not None and (inside := connection_credential(value)) is not None and kind == inside.named:
        part = value[inside.span.start : inside.span.end]
        guess = guessed("", part, user=inside.user) if inside.kind == "password" else None
        if evidence.weigh("PASSWORD", part, inside.kind, Place.CONSUMED, guess) is Evidence.NONE:
            return None
        return Found(
            kind,
            guess,
            local=_LOCAL.match(re.split("[,\\\\]", inside.host.removeprefix("tcp:"))[0]) is not None,
        )
    if kind is not None and kind not in _NAMED_KINDS:
        return Found(kind)
    if "\0" in value or _BLANK.fullmatch(value.strip().strip("'\"")):
        held: Found | None = None if kind is None else Found(kind)
    else:
        signs = signing_name(name)
        # A name of the same setting, as code writes of a file's: `webhookSecretKey = "webhook.secret"`.
        joined = _BETWEEN.sub("", name.lower())
        setting = _DOTTED.fullmatch(value) is not None and all(
            _BETWEEN.sub("", word) in joined for word in value.lower().split(".")
        )
        if setting:
            held = None
        elif not (signs or password_name(name) or _OTHERS.search(name)):
            known = guessed(name, value) if kind is not None else None
            published = known if known is not None and known.how is Guess.PUBLISHED else None
            held = None if kind is None else Found(kind, published)
        else:
            guess = guessed(name, value, user, signs)
            if kind is None and guess is None and not (signs and evidence.strong(value)):
                held = None
            else:
                held = Found(kind or ("password" if password_name(name) else "key"), guess, signs)
    if held is None:
        return None
    kind = "signing" if held.signs and held.kind == "key" else held.kind
    weight = evidence.weigh(name, value, kind, place, held.guess)
    if weight is Evidence.NONE:
        return None
    masking.register(value)
    told = held.guess is not None and not held.signs and repeats(name, value, user)
    return replace(held, suspected=weight is Evidence.SUSPECTED, told=told)


def within(text: str) -> str | None:
    """The kind of a credential that a text holds in a form of its own, whatever the setting is called: a known token, a password in a URL or
    in a connection string."""
    if (kind := token(text)) is not None:
        return kind
    if url_password(text):
        return "password in a URL"
    held = connection_credential(text)
    return held.named if held is not None else None


def signing_name(name: str) -> bool:
    """Whether a setting of this name holds a key with which the application signs or encrypts; what somebody else
    issues is no such key."""
    if name.lower() in ("secret", "secret_key", "secretkey") and not name.isupper():
        return False  # the name of a Secret, or the half of a pair of access keys
    return _SIGNING.search(name) is not None and _ISSUED.search(name) is None


def _written(value: str, found: re.Match[str]) -> Found:
    guess = guessed("", found["password"], user=found["user"])
    return Found("password in a URL", guess, local=_LOCAL.match(value, found.end()) is not None)


def of_address(value: str) -> Found | None:
    """The password in a URL with which a program connects as it is written: a word such as `example` is one, too."""
    found = _URL.match(value)
    if found is None or "\0" in found["password"] or _BLANK.fullmatch(found["password"]):
        return None
    held = _written(value, found)
    if (held.guess is None and _stands_in(found["password"])) or _shows_form(value, found):
        return None
    masking.register(found["password"])
    return held


def _keylike(value: str) -> bool:
    """Long and mixed enough to be one; a path, a URL, a word or a sentence is not."""
    if len(value) < 8 or re.search(r"\s|^[/.~]|://", value) or _WORDLIKE.fullmatch(value):
        return False
    return len(set(value)) >= 5


def in_config(at: Location, name: str, kind: str | Found) -> Secret:
    """One that is written into a configuration file."""
    return secret(at, name, kind if isinstance(kind, Found) else Found(kind), "config")


def secret(at: Location, name: str, held: Found, place: str, committed: bool = True) -> Secret:
    """The fact of a credential."""
    guess = held.guess
    return Secret(
        at,
        name=name,
        value=Setting(held.kind, at),
        place=place,
        committed=committed,
        guess=guess.how if guess is not None else None,
        whose=guess.whose if guess is not None else "",
        signs=held.signs,
        local=held.local,
        suspected=held.suspected,
        replaced=held.replaced,
        told=held.told,
    )
