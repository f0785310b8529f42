"""Settings of stores in the words and variables that start them: the value is written in its place."""

from __future__ import annotations

import re

from batten.controls._store_remedies import SetOption
from batten.formats import Workspace
from batten.model import Edit, Fix, Kind, Location, MinimumTls, Remedy, Safety, Switch, TurnOn, UseSuites
from batten.technologies.shared.processes.words import fix_of_option
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS, iana_suite

# How each product names the least version of TLS, and what requires 1.2.
_VERSIONS = {
    "ssl_min_protocol_version": "TLSv1.2",
    "tls_version": "TLSv1.2,TLSv1.3",
    "ssl_min_version": "2",
    "tls-protocols": "TLSv1.2 TLSv1.3",
}
_SUITES = {"ssl_ciphers": ":", "ssl_cipher": ":", "tls-ciphers": ":", "cipher-suites": ","}
_NAMED = re.compile(r"\[([^\[\]]+)\]$")


# What verifies a server's certificate, by drivers: Microsoft's, libpq, Connector/J, Go's driver, MongoDB's, redis-py.
_VERIFYING = (
    (re.compile(r"(?i)(\btrust ?server ?certificate[ \t]*=[ \t]*)(?:true|yes)"), "false"),
    (re.compile(r"(?i)(\bssl[-_]?mode=)[\w-]+"), ""),
    (re.compile(r"(?i)(\btls=)skip-verify"), "true"),
    (re.compile(r"(?i)(\b(?:tlsInsecure|tlsAllowInvalidCertificates)=)true"), "false"),
    (re.compile(r"(?i)(\bssl_cert_reqs=)(?:cert_)?none"), "required"),
    (re.compile(r"(?i)(\bverifyServerCertificate=)false"), "true"),
)
_CONNECTION = re.compile(r"://|@tcp\(|\bhost=|(?i:\b(?:server|data source|addr|address)[ \t]*=[^;]{1,300};)")


def verified_connection(workspace: Workspace, at: Location) -> Fix | None:
    """The fix of a connection that compares no certificate: its option is changed, and nothing else of it."""
    if at.span is None:
        return None
    text = workspace.text(at.source).text[at.span.start : at.span.end]
    if not _CONNECTION.search(text):
        return None
    title, breaks = (
        "verify the server's certificate",
        "servers whose certificate no CA that the driver knows has signed",
    )
    for pattern, value in _VERIFYING:
        found = pattern.search(text)
        if found is not None:
            mysql = re.search(r"(?i)\bmysql", text) is not None
            verifying = value or ("VERIFY_IDENTITY" if mysql else "verify-full")
            made = f"{text[: found.start()]}{found[1]}{verifying}{text[found.end() :]}"
            return Fix(title, (Edit(at.source, at.span, made),), safety=Safety.RISKY, breaks=breaks)
    question = "which option of its driver verifies the certificate, and which CA has signed it?"
    return Fix(title, (), safety=Safety.VALUE, question=question)


def fix_of_word(workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The fix of a setting that a word or a variable gives, where nothing else is in it that it would change."""
    if (of_option := fix_of_option(workspace, remedy, at)) is not None:
        return of_option
    if remedy == TurnOn(Switch.VERIFY_TLS) and at.kind is Kind.VALUE:
        return verified_connection(workspace, at)
    named = _NAMED.search(at.pointer)
    if named is None or at.span is None or at.kind is not Kind.VALUE:
        return None
    name = named[1]
    match remedy:
        case SetOption(option, value, breaks) if option == name and value:
            title = f"set {option} to {value}"
        case MinimumTls(version) if name in _VERSIONS:
            title, value, breaks = f"require {version} or newer", _VERSIONS[name], OLD_VERSIONS
        case UseSuites(suites) if name in _SUITES:
            own = suites if _SUITES[name] == ":" else tuple(filter(None, map(iana_suite, suites)))
            title, breaks = "offer forward-secret AEAD suites only", OLD_SUITES
            value = _SUITES[name].join(own)
        case _:
            return None
    text = workspace.text(at.source).text[at.span.start : at.span.end]
    written = _written(text, name, value)
    if written is None:
        return None
    safety = Safety.RISKY if breaks else Safety.SAFE
    return Fix(title, (Edit(at.source, at.span, written),), safety=safety, breaks=breaks)


def _written(text: str, name: str, value: str) -> str | None:
    """The word with another value; None where it is not the only one of this name, or needs quotes that it has not."""
    if " " in value and text[:1] not in ("'", '"'):
        return None
    # ours: a setting's name, with either sign between its words
    pattern = re.compile(rf"(?<![\w-])-{{0,2}}{re.escape(name).replace('_', '[_-]')}=([^\s\"'\]]*)")
    found = list(pattern.finditer(text))
    if len(found) == 1:
        made = text[: found[0].start(1)] + value + text[found[0].end(1) :]
    elif not found and not re.search(r"[\s=,]", text):
        quote = text[:1] if text[:1] in ("'", '"') else ""
        made = f"{quote}{value}{quote}"
    else:
        return None
    bare = made[:1] not in ("'", '"') and not re.search(r"\s", made)
    return f'"{made}"' if bare and "," in value else made
