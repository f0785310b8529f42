"""What shows that a value is a credential, and what shows that it is something else.

A name that ends in `password` is no proof: labels, routes, flags, host names and keys of translations end so, too. A value counts
as a credential by its own form (a token whose issuer published the form, chance in its characters) or because the place where it
stands is read as one; what has the form of something else does not.
"""

from __future__ import annotations

import math
import re
from enum import Enum

from batten.controls._guessing import Guessed
from batten.facts import Guess
from batten.technologies.shared.secrets import wording

_STRONG = 18.0  # bits of chance that no word explains
_WORD_BITS = 2.0  # what a word adds to them: it is one of few that fit the name


class Evidence(Enum):
    """How well the value of a setting is shown to be a credential."""

    NONE = "none"
    SUSPECTED = "suspected"
    SHOWN = "shown"


# A value that something else puts in: a variable, a template's place, a command's output, an entry of a store, a cipher text.
_REFERENCE = re.compile(
    r"\$\{[^{}]*\}|\$[A-Za-z_]\w*|\$\(.*\)|\$\{\{.*\}\}|.*\$[({][A-Za-z_!].*|.*\$\[\[?[A-Za-z_].*|`.*`?|.*`[^`]+`.*"
    r"|.*\{\{.*\}\}.*|<[^<>]*>|.*<%.*%>.*|.*#\{.*\}.*|%[\w.{}-]+%|%env\(.*\)%?|.*%[sdvqr@](?![\w]).*|.*%\([\w.]+\)[sdr].*|\{\d?\}|\{[a-z_][\w.]*\}|~\{.*\}"
    r"|@[\w.-]+@|@@.*@@|__\w+__|#\{?[\w.]+\}?#|:[a-z_]\w*|\?\d*"
    r"|!(?:Ref|Sub|GetAtt|ImportValue|Join|Select|If|FindInMap|Base64|secret|vault|env|env_var|reference|file|include)\b.*|\*[A-Za-z_]\w*"
    r"|(?:vault|ssm|sops|op|sm|aws-sm|gcp-sm|gcpsm|awssm|azurekv|akv|keyvault|keyring|bws|bitwarden|doppler|infisical|chamber|berglas|conjur|lastpass|pass|keychain"
    r"|secretref|secretsmanager|ref|credentials?|env|file|dotenv|process|sys|prop|param|parameter|aws_secret|aws_ssm|k8s|secret)[:+]/{0,3}[^\s:@]+"
    r"|(?:vault|bank-vaults|secret|secrets|kv)(?:/data)?[:/#][\w./#-]+#[\w.-]+"
    r"|arn:aws[\w-]*:.*|projects/[^/\s]+/secrets/.*|https://[\w-]+\.vault\.azure\.net/.*|@Microsoft\.KeyVault\(.*\)"
    r"|/?(?:var/)?run/secrets/.*|ENC\[.*|ENC\(.*|\{cipher\}.*|\$ANSIBLE_VAULT.*|!vault.*|-----BEGIN AGE.*|Ag[A-D][A-Za-z0-9+/=]{100,}|(?:encrypted|sealed|age|pgp|gpg|kms|ciphertext|crypted|secure):\S{16,}|age1[a-z0-9]{50,}|AQIC[A-Za-z0-9+/=]{60,}|\{vault://.*\}|\{\s*(?:vault|env)[:.].*\}"
    r"|(?:var|local|data|module|each|self|path|random_\w+|aws_\w+|azurerm_\w+|google_\w+|process\.env|import\.meta\.env|settings|config|cfg|conf|os|env|ENV|environ|secrets|secret"
    r"|this|self|props|args|params|opts|options|req|request|vars|inputs|values|Values|github|context|input|form|data|user|account|state)"
    r"(?:\.[A-Za-z_][\w\[\]\"'*-]*)+|(?:[A-Za-z_$][\w$]*(?:\.|::|->|\\))*[A-Za-z_$][\w$]*\(.*\)[;,]?|[A-Za-z_][\w.]*\[[\"'\w].*\]",
    re.DOTALL,
)
# What says that there is no value, or that the user of the program gives one.
_ABSENT = re.compile(
    r"(?:null|nil|none|void|undefined|unset|not[-_ ]?(?:set|used|needed|required|applicable|configured|specified|provided|available|given)"
    r"|n/?a|-|empty|blank|nothing|no|off|false|true|yes|on|enabled?|disabled?|inactive|anonymous|unused|do[-_ ]?not[-_ ]?use|not[-_ ]in[-_ ]use|ignored?|skip(?:ped)?|omit(?:ted)?|optional|required|unknown"
    r"|default|auto(?:matic(?:ally)?)?|auto[-_]?generated?|generated?|random(?:ly)?|user[-_ ]?(?:provided|supplied|defined|specified|input)|(?:provided|supplied)[-_ ]by[-_ ]?\w+|inherit(?:ed)?"
    r"|placeholder(?:[-_ ][a-z]+)+|prompt|ask|interactive|stdin|redacted|removed|masked|censored|hidden|sealed|encrypted|secured|filtered|\[?(?:filtered|redacted|masked|hidden|removed)\]?|string|str|bytes?|text|varchar|object|any"
    r"|int(?:eger)?|bool(?:ean)?|todo|tbd|tba|fixme|xxx+|_+|\.{2,}|…|\*+|[•●]+|#+|x+|\?+|[-=~]+|placeholder"
    r"|keine?|kein[-_ ]wert|ohne|leer|aus|aucune?|sans|vide|rien|ninguno|ninguna|vac[ií]o|nessuno|nessuna|vuoto|nenhum|nenhuma|vazio|brak|pusty|puste|niciunul?|gol|нет|пусто|无|無|空|なし|없음|yok|bo[sş])",
    re.IGNORECASE,
)
# A value that was written so that its reader puts one of their own there.
_TO_REPLACE = re.compile(
    r"[<\[{(«].*(?:your|my|the|here|replace|insert|secret|key|token|password|passw|enter|dein|votre|tu|sua|il tuo|twoj|twój|ваш|あなた|你的|您的).*[>\]})»]"
    r"|.*(?:^|[-_. /])(?:your|youre?s|insert|fill|provide|supply|paste|enter|replace)[-_. ]?(?:own|the|with|in|your|a|an|actual|real|api|app|bot|secret|password|token|key|client|access|db|jwt|here|this|me)?(?=[-_. ]|$).*"
    r"|.*(?:change|replace|fill|update|edit|set|modify|override)[-_ ]?(?:me|this|it|in|before|please|here)(?=[-_ .!]|$).*"
    r"|.*(?:[-_ ]|^)(?:goes|comes|put|is)[-_ ](?:here|there)(?=[-_ .!]|$).*|.*[-_ ]here$|.*(?:^|[-_ .])(?:placeholder|dummy|fake|mock(?:ed)?|throwaway|redacted|xxx+|example|sample|some|foo|bar|foobar|lorem|ipsum|notreal|not[-_]a[-_]real|not[-_]a[-_]secret|not[-_]secret|insecure[-_]?test|build[-_]?(?:time|only|key|secret)|ci[-_]?only)(?=[-_ .\d]|$).*"
    r"|(?:dein|deine|ihr|ihre|votre|ton|tu|su|tuo|tua|seu|sua|twoj|twój|twoje|parola|tava)[-_ ].*|(?:ваш|твой|вставьте|введите|замените)\b.*|(?:你的|您的|请输入|請輸入|输入|替换|あなたの|ここに|입력|여기에|변경).*"
    r"|(?:hier|ici|aqui|aquí|qui|tutaj|здесь|buraya)[-_ ].*|.*(?:[xX]{5,}|\*{4,}|\.\.\.|…|•{3,}|0{12,}|#{4,}|_{5,}).*|(?:deadbeef|cafebabe|deadc0de|badc0ffee|feedface|c0ffee)+"
    r"|(?:erset|remplac|reemplaz|cambia|cambiar|sostitu|substitu|altere|zmien|zmień|änder|aender|schimb|değiştir|degistir|измени|замени)\w*[-_ ]?.*",
    re.IGNORECASE | re.DOTALL,
)
# Settings that say whether or how something is done with a password; forms and pages are called like them.
_ACTION = re.compile(
    r"(?:^|[_.\- ])(?:is|has|had|can|should|must|needs?|allow(?:s|ed)?|enable[sd]?|disable[sd]?|use[sd]?|requires?|required|reset|resetting|forgot(?:ten)?|change[sd]?|changing|show|hide|toggle|ask"
    r"|prompt|generate[sd]?|validate|verify|check|force|expire[sd]?|skip|no|without|with|send|remember|update|lost|recover|invalid|wrong|missing|incorrect|random|empty|min|max|weak|strong|valid|same|match(?:es)?)"
    r"(?:[_.\- ][a-z]+)?[_.\- ]?(?:pass(?:word|wd|phrase|code)?|pwd|token|secret|key|credentials?)$",
    re.IGNORECASE,
)
# Names of what stands on a page, of a column, of a route.
_SHOWN = re.compile(
    r"(?:^|[_.\- ])(?:labels?|titles?|texts?|hints?|help|errors?|messages?|msgs?|fields?|inputs?|placeholders?|i18n|lang|locales?|translations?|pages?|routes?|views?|screens?|forms?|buttons?|btn|links?|menus?|columns?)"
    r"(?:[_.\- ][a-z]+)?[_.\- ]?(?:pass(?:word|wd|phrase|code)?|pwd|token|secret|key|credentials?)$",
    re.IGNORECASE,
)
_ALGORITHM = re.compile(
    r"(?:A?ES|RSA|ECDSA|EDDSA|ED|[HREP]S|HMAC|SHA|AES|DES|3DES|CHACHA|XCHACHA|ECDH|P|RS|PBKDF|SCRYPT|ARGON|BCRYPT|MD|BLAKE|SECP|PRIME|CURVE|X)[-_/]?\d{1,5}[A-Za-z]?(?:[-_/][A-Za-z0-9]+)*|ECDSA[-_/][A-Z]+\d*(?:[-_/][A-Za-z0-9]+)*"
    r"|\d{1,3}(?:\.\d{1,5}){2,3}(?:[/:]\d{1,5})?|[\d.+-]+|v?\d+(?:\.\w+)*|\d+\s?(?:ms|s|m|h|d|w|y|[kmg]i?b)",
    re.IGNORECASE,
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HOST = re.compile(
    r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,9}(?P<top>[a-z]{2,18})\.?(?::\d{1,5})?",
    re.IGNORECASE,
)
_URL = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s@]*", re.IGNORECASE)
_PATH = re.compile(
    r"(?:classpath|resource|kv|alias):?[:/][\w./-]+|(?:[a-z][\w.-]*/)+[\w.-]+|(?:\.{0,2}|~|[A-Za-z]:)?[/\\](?:[\w.@{}:$-]+[/\\]?)*|(?:[A-Za-z_.-][\w.-]*/)+[A-Za-z_.-][\w.-]*\.[a-z]{1,5}|[\w-]+\.(?:key|pem|crt|cert|p12|pfx|jks|txt|json|ya?ml|env|conf|cfg|ini|py|js|ts|php|rb|html?|xml|properties|secret|pub)"
)
_NAMESPACE = re.compile(r"\\?(?:[A-Za-z_]\w*(?:\\{1,2}|::|->|\$))+[A-Za-z_]\w*(?:\(\))?")
_DOTTED = re.compile(r"[A-Za-z_][\w-]*(?:[.:][A-Za-z_][\w-]*)+")
_ASSIGNED = re.compile(r"(?:id|src|source|type|env|target|mode|uid|gid|file|name|path|required|key)=.*")
_SCRIPT = re.compile(
    r"[\[(].*[\])]|.*=>.*|.*\s(?:&&|\|\||===?|!==?|\?\?)\s.*|.*(?:\bfunction\b|\breturn\b|\bnew\s).*|</?[A-Za-z][^<>]*>.*|.*&(?:nbsp|lt|gt|amp|quot|#\d+);.*",
    re.DOTALL,
)
_RULE = re.compile(
    r"(?:required|nullable|sometimes|string|confirmed|min:\d+|max:\d+)(?:\|[\w:,.]+)+|\^.*\$|/\^.*", re.DOTALL
)
_MARKED = re.compile(r"\{\w*\}|%[sd]|(?:^|\s):[a-z]\w*|\{\{|\[\[")
_RUN = re.compile(r"[A-Za-z]+|[0-9]+|[^A-Za-z0-9]+")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CONSONANTS = re.compile(
    r"[bcdfghjklmnpqrstvwxz]{5,}|[bcdfghjkmnpqrvwxz]{4,}|[aeiou]{4,}|q(?!u)|(.)\1\1", re.IGNORECASE
)
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_SIGNS = re.compile(
    r"(?:JWT|SIGN\w*|HMAC|ENCRYPT\w*|CRYPTO|FERNET)[_.-]?(?:SECRET|KEY)(?:[_.-]?KEY)?$|SECRET[_.-]?KEY(?:[_.-]?BASE)?$"
    r"|(?:SESSION|COOKIE|APP|TOKEN)[_.-]?SECRET$",
    re.IGNORECASE,
)
_VARIABLE_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_TRIED_OUT = re.compile(r"[sr]k_test_")  # keys of Stripe's that move no money
_TOLD_TO_ALL = re.compile(r"pk_(?:live|test)_|pk\.eyJ")  # keys that browsers get: Stripe's, Mapbox's
_UUID = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE
)  # as often names a key as it is one
_DIGEST = re.compile(
    r"sha(?:1|224|256|384|512)[-:][A-Za-z0-9+/=]{20,}", re.IGNORECASE
)  # of what anybody may have
_HEADER = re.compile(r"X(?:-[A-Z][A-Za-z]+)+|[A-Z][a-z]+(?:-[A-Z][a-z]+)+|Authorization|Bearer|Basic")
_ALNUM = re.compile(r"[^A-Za-z0-9]")
_LONGEST_WORD = 16
_BETWEEN = "-_.:/ ,="


def refers(value: str) -> bool:
    """Whether the text names where a value comes from, or how it is made, and is not one itself."""
    return _REFERENCE.fullmatch(value.strip()) is not None


def absent(value: str) -> bool:
    """Whether the text says that there is no value, in one of many languages."""
    return _ABSENT.fullmatch(value.strip().strip("'\"").strip("<>[](){}")) is not None


def to_replace(value: str) -> bool:
    """Whether the text asks its reader to put a value of their own there."""
    text = value.strip().strip("'\"")
    return _TO_REPLACE.fullmatch(text) is not None


# Words of a value that say that it opens nothing which lasts.
_USELESS = re.compile(r"(?:^|[-_ .])(?:dummy|fake|mock(?:ed)?|throw-?away|ci)(?=[-_ .]|$)", re.IGNORECASE)


def useless(value: str) -> bool:
    """Whether one of the words of a value says that it is for nothing that lasts: `ci-dummy-password`."""
    return _USELESS.search(value.strip().strip("'\"")) is not None


def action(name: str) -> bool:
    """Whether a setting of this name says what is done with a credential, or how it is called on a page."""
    spaced = _HUMP.sub("_", name)
    return _ACTION.search(spaced) is not None or (not name.isupper() and _SHOWN.search(spaced) is not None)


def chance(value: str) -> float:
    """The bits of a text that neither words nor rows of digits explain."""
    bits = 0.0
    for run in _RUN.findall(value):
        if run.isdigit():
            bits += 1.0 if wording.row(run) else 3.3 * len(run)
        elif run.isascii() and run.isalpha():
            bits += _of_letters(run)
        else:
            bits += sum(0.5 if c in _BETWEEN else 3.0 for c in set(run))
    return bits


def _of_letters(run: str) -> float:
    humps = _CAMEL.findall(run)
    if len(run) >= 3 * len(humps) and all(
        len(hump) >= 2
        and (
            (
                len(hump) <= _LONGEST_WORD
                and _VOWEL.search(hump) is not None
                and _CONSONANTS.search(hump) is None
            )
            or wording.known(hump)
        )
        for hump in humps
    ):
        return _WORD_BITS * len(humps)
    if len(run) <= 2:
        return 2.0 * len(run)
    kinds = 26 * ((run.lower() != run) + (run.upper() != run))
    return math.log2(kinds) * len(run)


def strong(value: str) -> bool:
    """Whether chance made the value: a key or password that a program generated."""
    text = value.strip().strip("'\"")
    return (
        len(text) >= 8 and not re.search(r"\s", text) and chance(text) >= _STRONG and not _MARKED.search(text)
    )


def structural(value: str) -> bool:
    """Whether the text has the form of something else: a host, a URL without a login, a path, a class, a key of translations, code."""
    text = value.strip()
    if (
        _ALGORITHM.fullmatch(text)
        or _URL.fullmatch(text)
        or _HEADER.fullmatch(text)
        or _NAMESPACE.fullmatch(text)
        or _ASSIGNED.fullmatch(text)
        or _SCRIPT.fullmatch(text)
        or _RULE.fullmatch(text)
    ):
        return True
    if _PATH.fullmatch(text):
        return chance(text) < _STRONG
    if _HOST.fullmatch(text) or _DOTTED.fullmatch(text):
        return all(chance(part) < _STRONG / 2 for part in re.split(r"[.:]", text))
    return False


class Place(Enum):
    """What is known of the setting that has a value."""

    SETTING = "setting"  # of a file of settings, of an environment, of a command
    CODE = "code"  # a name in a program, which as often holds a label, a route or another name
    CONSUMED = "consumed"  # what takes the value logs in, signs or encrypts with it


def weigh(
    name: str, value: str, kind: str, place: Place = Place.SETTING, guess: Guessed | None = None
) -> Evidence:
    """How well the value of a setting of this name is shown to be a credential of that kind ("password", "key", "token", or
    "signing": a key that the program makes for itself).

    `guess`: how the value is guessed, if it is: a program that reads the setting works with a word, too.
    """
    text = value.strip().strip("'\"").strip()
    if (
        refers(text)
        or absent(text)
        or _RULE.fullmatch(text)
        or _DIGEST.fullmatch(text)
        or (kind != "password" and _ALGORITHM.fullmatch(text) is not None and any(c.isalpha() for c in text))
    ):
        return Evidence.NONE
    if guess is not None and (guess.how is Guess.PUBLISHED or place is Place.CONSUMED):
        return Evidence.SHOWN
    if kind in ("key", "signing") and _UUID.fullmatch(text):
        return Evidence.SUSPECTED
    if strong(text) and not structural(text):
        return Evidence.SUSPECTED if to_replace(text) or _TRIED_OUT.match(text) else Evidence.SHOWN
    if place is Place.CONSUMED:
        return Evidence.NONE if to_replace(text) else Evidence.SHOWN
    if _TOLD_TO_ALL.match(text) or action(name):
        return Evidence.NONE
    if _VARIABLE.fullmatch(name) is not None and place is Place.SETTING:
        if guess is not None and (
            not _ALGORITHM.fullmatch(text) or (guess is not None and guess.how is Guess.WORDS)
        ):
            asked = guess.how is not Guess.WORDS and to_replace(text)
            return Evidence.SUSPECTED if asked else Evidence.SHOWN
        return _of_variable(text, name, kind)
    if structural(text) or wording.sentence(text, name) or wording.label(text):
        return Evidence.NONE
    if place is Place.CODE:
        return _in_code(name, text, guess)
    if guess is not None or (kind == "password" and _typed(text)):
        return Evidence.SHOWN if len(text) > 2 else Evidence.NONE
    return Evidence.NONE if to_replace(text) or wording.named(text, name) else Evidence.SUSPECTED


def _in_code(name: str, text: str, guess: Guessed | None) -> Evidence:
    """The value of a name in a program: the name of a variable or of an entry is as often called like what it holds."""
    if len(text) <= 2 or _VARIABLE_NAME.fullmatch(text) or (wording.named(text, name) and not text.isalpha()):
        return Evidence.NONE
    if _ALNUM.sub("", text).lower() == _ALNUM.sub("", name).lower() and not text.islower():
        return Evidence.NONE
    if guess is not None and _SIGNS.search(name):
        return Evidence.SHOWN
    return Evidence.NONE if wording.named(text, name) or to_replace(text) else Evidence.SUSPECTED


def _of_variable(text: str, name: str, kind: str) -> Evidence:
    """The value of a variable of the environment, which is not guessed: a password is whatever stands there; what others issue is
    made by chance."""
    if wording.label(text):
        return Evidence.SUSPECTED if kind == "password" else Evidence.NONE
    if kind == "password" and _typed(text) and not structural(text):
        named_one = _VARIABLE_NAME.fullmatch(text) is not None and wording.mentions(text.replace("_", " "))
        return Evidence.SHOWN if len(text) > 2 and not named_one else Evidence.SUSPECTED
    if structural(text):
        return Evidence.SUSPECTED if kind == "password" and "/" not in text else Evidence.NONE
    if wording.sentence(text, name) or to_replace(text):
        return Evidence.NONE
    if kind in ("key", "token") and wording.named(text, name):
        return Evidence.NONE
    own = kind == "signing" or (kind == "password" and any(c.isdigit() for c in text))
    return Evidence.SHOWN if own else Evidence.SUSPECTED


def _typed(text: str) -> bool:
    """Whether it is one word of letters that every keyboard has, as passwords are."""
    return text.isascii() and not any(c.isspace() for c in text)
