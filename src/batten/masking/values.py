"""What a value is: a secret to look for everywhere, an ordinary word, or only the place of a secret."""

from __future__ import annotations

import re

MASK = "•••"
SHORTEST = 6  # characters of a value that is looked for elsewhere
LONGEST = 16_384  # characters: a longer text is a file, and its lines are registered

_STANDS_IN = re.compile(
    r"|null|none|nil|true|false|yes|no|on|off|undefined|todo|tbd|default|string|str|bytes|required|optional|redacted|hidden|~"
    r"|<[\w .:/|-]*>|\[[\w .:-]*\]|\{\{.*\}\}|\$\{\{.*\}\}|\$\{[^{}]*\}|\$[A-Za-z_]\w*|\$\(.*\)|\$\([a-z][\w-]*(?:\s[^()]*)?|%[\w.{}-]+%|%\([\w.]+\)s|@[\w.]+@|__\w+__"
    r"|[x*.\-_#?•]+|…|(?:your|insert|enter|put|add|replace|set|fill|use|generate)[-_ .][A-Za-z _.-]*"
    r"|[\w-]*(?:replace|change|fill)[-_ ]?(?:me|this|it)[-_ ](?:in|with|before|please)[A-Za-z _.-]*"
    r"|replace[-_]?me|fixme|placeholder|example|dummy|secret[-_ ]?(?:key|token|here)"
    r"|/run/secrets/\S*|arn:aws[\w-]*:\S*|(?:vault|ssm|sops|op|aws-sm|gcp-sm|azurekv|keyring)://?\S*|\{vault://\S*\}|ref\+\S*"
    r"|![A-Z]\w*(?:::\w+)?\s.*|\*\w+|(?:var|local|data|module|each|self|path|random_\w+|aws_\w+|process\.env|settings|config|os|env|secrets)\.[\w.\[\]\"'*-]+",
    re.IGNORECASE | re.DOTALL,
)
# What a program works out: `os.environ["X"]`, `Depends(scheme)`, `f(x).y`.
_CODE = re.compile(
    r"(?:(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*|Field|Depends|Form|Header|Query|Body|Cookie|Security|Path|SecretStr|Optional|getenv|env|config"
    r"|get_secret|file|jsondecode|base64\w*|format|lookup|coalesce|sensitive|try|templatefile|join|concat|optional|str|input)"
    r"(?:\(.*\)|\[.*\])[\w.()\[\]]*;?",
    re.DOTALL,
)
_SIMPLE = re.compile(r"[A-Za-z]+\d{0,3}|\d+(?:[.:,]\d+)*|[v^~]?\d+(?:\.\d+)*|0x[0-9A-Fa-f]{1,4}")
_NAMES = re.compile(r"[$_]?[A-Za-z]+(?:(?:[-_ /]|\??\.)[A-Za-z]+)*")
_CAMEL = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]+)*")
# A call or an index that code writes, cut where a value ends: `Options.Cookies.Get(context`, `jsonencode({`.
_WORDS = r"_?[A-Za-z]?[a-z]{2,}(?:[A-Z]{1,4}\d{0,3}[a-z]{0,40}){0,10}"
_CALLED = re.compile(
    rf"\(?(?:{_WORDS}(?:\??\.{_WORDS}){{1,6}}|[A-Z]?[a-z]{{2,}}(?:[A-Z][a-z]{{1,40}}){{1,6}}|[a-z]{{4,}}(?=\(\{{))\??[(\[][^)\]]{{0,400}}(?:[)\]][^-+*/@#$%&~^=|]{{0,400}})?",
)
_ESCAPED = re.compile(r"\A\\{1,4}[nrt]|\\[\\nrt]{0,8}#?\Z")  # line ends within a string
# Words with a number, as names of products, protocols and machines have it: `TLSv1.2`, `HTTP/1.1`, `AES128-SHA256`, `orders-db2`.
_TERM = r"(?:s3|[kK][38]s|ec2|e2e|i18n|h2|x509|OAuth2|[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,}){0,3}\d{0,3}|[A-Z]{2,}v?\d{0,3}|v?\d{1,3})"
_TERMS = re.compile(rf"{_TERM}(?:[-_./: ]{_TERM})*")
_SIGNS = re.compile(r"[:;,.()'\"`]+(?=\s|\Z)|(?:(?<=\s)|\A)[('\"`]+")
_PATH = re.compile(r"(?:[.~]{0,2}/)?(?:[a-z0-9_.@-]+/)+[a-z0-9_.@-]*|/[a-z0-9_.@-]+")
_IDENTIFIER = re.compile(r"(?:[a-z]+|v?\d+)(?:[-_.:/](?:[a-z]+|v?\d+))*")
_TURN = re.compile(r"[a-z](?=[A-Z])|[A-Z](?=[a-z])")


def stands_in(value: str) -> bool:
    """Whether the text only stands for a secret, as a variable, a reference or "<your key>" does."""
    bare = value.strip().strip("'\"")
    return _STANDS_IN.fullmatch(bare) is not None or _CODE.fullmatch(bare) is not None


def telling(value: str) -> bool:
    """Whether the value is a secret wherever it stands: not a word, a number, a name, a path or a sentence, with or without
    the signs of a sentence around its words."""
    if len(value) < LONGEST:
        value = _SIGNS.sub("", _ESCAPED.sub("", value))
    if not SHORTEST <= len(value) <= LONGEST or MASK in value or "\0" in value or "\n" in value:
        return False
    if _SIMPLE.fullmatch(value):
        return (len(value) >= 16 and not value.isalpha()) or _jumps(value)
    if _NAMES.fullmatch(value) or (len(value) < 16 and _TERMS.fullmatch(value)):
        return _jumps(value)
    if _PATH.fullmatch(value) and not re.search(r"[A-Z]", value):
        return False
    if _CALLED.fullmatch(value):
        return False
    if value.count(" ") >= 3 and (not any(c.isdigit() for c in value) or all(map(_spoken, value.split()))):
        return False
    return "://" not in value


def _spoken(word: str) -> bool:
    """Whether it is a word as sentences have it: `OAuth2-Proxy`, `/ping`, `401`."""
    return any(form.fullmatch(word) for form in (_NAMES, _TERMS, _PATH))


def identifier(value: str) -> bool:
    """Whether it reads like the name of a thing: `orders-tls`, `db-credentials-v2`."""
    return _IDENTIFIER.fullmatch(value) is not None


def _jumps(value: str) -> bool:
    """Whether letters change case as chance has it; words in CamelCase change it twice in seven letters at most."""
    humps = sum(c.isupper() for c in value)
    if _CAMEL.fullmatch(value) and len(value) >= 4 * humps:
        return False
    return len(value) >= 10 and 3 * len(_TURN.findall(value)) >= len(value)
