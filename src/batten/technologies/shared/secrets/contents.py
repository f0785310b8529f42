"""What a file contains that belongs in no repository, image or web root: its first bytes tell, whatever its size."""

from __future__ import annotations

import io
import json
import posixpath
import re
import zipfile
import zlib

from batten.facts import Keeps
from batten.formats import Workspace, magic
from batten.model import Span
from batten.technologies.shared.secrets.clients import held_by_clients
from batten.technologies.shared.secrets.credentials import placeholder
from batten.technologies.shared.secrets.keys import Content, der_key, key, key_store

HEAD = 256 * 1024  # bytes of a file that are looked at

_HASH = re.compile(
    r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$v=\d+\$[^\s'\",]{20,300}|\$[56]\$(?:rounds=\d+\$)?[^\s'\",$]{1,16}\$[./A-Za-z0-9]{40,90}"
    r"|\$(?:1|apr1)\$[^\s'\",$]{1,8}\$[./A-Za-z0-9]{22}|\$[PH]\$[./A-Za-z0-9]{31}\b|\$y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}"
    r"|pbkdf2_sha\d{1,3}\$\d+\$[^\s'\",$]{1,64}\$[A-Za-z0-9+/]{40,90}=?|SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]{40,50}"
    r"|(?<=')md5[0-9a-f]{32}(?=')|(?<=')\*[0-9A-F]{40}(?=')"
)
_SQL = re.compile(
    r"^[ \t]*(?:INSERT[ \t]+INTO|COPY[ \t]|REPLACE[ \t]+INTO|CREATE[ \t]+(?:ROLE|USER)|ALTER[ \t]+(?:ROLE|USER)|UPDATE[ \t])\b",
    re.IGNORECASE | re.MULTILINE,
)
_ACCOUNT = re.compile(
    r"^[\w.@+-]{1,200}:(?:\$(?:apr1|2[aby]|1|5|6|y)\$|\{SSHA\}|\{SHA\})[^\s:]{10,200}", re.MULTILINE
)
# A digest of user, realm and password (RFC 7616 section 3.4.2), and the system's own file (shadow(5)).
_DIGEST = re.compile(r"^[^\s:#]{1,200}:[^:\n]{1,200}:[0-9a-f]{32}\s*$", re.MULTILINE)
_SYSTEM = re.compile(r"^[\w.-]{1,100}:\$(?:1|5|6|y|2[aby]|gy|7)\$[^:\s]{10,300}:\d*:", re.MULTILINE)
_SENT = re.compile(
    r'"name"\s{0,20}:\s{0,20}"(authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-auth-token|password|access_token)"'
    r'\s{0,20},\s{0,20}"value"\s{0,20}:\s{0,20}"((?:[^"\\]|\\.){8,4000}+)"',
    re.IGNORECASE,
)
_ACCOUNTS = {"htpasswd": _ACCOUNT, "htdigest": _DIGEST, "shadow": _SYSTEM}
_SERVICE_ACCOUNT = re.compile(r'"type"\s*:\s*"service_account"')
# The first entry of the archive is called so. Source: https://github.com/hashicorp/terraform (`planfile`).
_PLAN = re.compile(rb"PK\x03\x04.{22}\x06\0.{2}tfplan", re.DOTALL)
_ENTRY = b"PK\1\2"
_PLAN_BYTES, _STATE_BYTES, _PLAN_ENTRIES = 32 << 20, 8 << 20, 4000
_DUMPS = {
    "a PostgreSQL dump": (magic.POSTGRESQL_DUMP,),
    "a redis dump": magic.REDIS_DUMPS,
    "a MongoDB dump": (magic.MONGODB_ARCHIVE,),
}


def content(path: str, name: str, workspace: Workspace) -> Content | None:
    """What the file contains, of which a copy is named `name`; None for what may be anywhere. Raises Unreadable."""
    head = workspace.head(path, HEAD)
    if _PLAN.match(head):
        # A plan that `terraform plan -out` wrote: an archive with the state as it was before.
        data = workspace.head(path, _PLAN_BYTES + 1)
        state = "a Terraform plan, which contains the state"
        if len(data) > _PLAN_BYTES or data.count(_ENTRY) > _PLAN_ENTRIES:
            return Content(state, Keeps.DATA)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for name in {"tfstate", "tfstate-prev"} & set(archive.namelist()):
                    with archive.open(name) as file:
                        text = file.read(_STATE_BYTES).decode("utf-8", "replace")
                    if next(held_by_clients("terraform.tfstate", text), None) is not None:
                        return Content(
                            "a Terraform plan, whose state contains plain-text secrets", Keeps.STATE
                        )
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            ValueError,
            EOFError,
            RuntimeError,
            NotImplementedError,
        ):
            return Content(state, Keeps.DATA)
        return Content(state, Keeps.DATA)
    if head.startswith(magic.GZIP):
        head = magic.inflated(head, HEAD)
        return _binary(head) or _cut(name.removesuffix(".gz"), head)
    found = _binary(head)
    if found is not None or b"\0" in head[:65536]:
        return found
    try:
        return _text(name, head.decode("utf-8")) if len(head) < HEAD else _cut(name, head)
    except UnicodeDecodeError:
        return _cut(name, head)


def _cut(name: str, head: bytes) -> Content | None:
    """As `_text`, of a part of a text or of what was packed, in which a place is none in the file."""
    found = _text(name, head.decode("utf-8", "replace"))
    return Content(found.what, found.keeps) if found is not None else None


def _binary(head: bytes) -> Content | None:
    for what, starts in _DUMPS.items():
        if head.startswith(starts):
            return Content(what, Keeps.DATA)
    if head.startswith(magic.SWAP_FILE):
        return Content("an editor's copy of another file", Keeps.TEXT)
    if head.startswith((magic.SQLITE, *magic.ACCESS)):
        hashes = _HASH.search(head.decode("latin-1"))
        return Content("a database with password hashes", Keeps.HASHES) if hashes else None
    return key_store(head) or der_key(head)


def _text(path: str, text: str) -> Content | None:
    name = posixpath.basename(path).lower()
    if name.endswith(".har"):
        return _recorded(text)
    if name.endswith((".sql", ".dump", ".pgsql", ".mysql", ".psql")):
        # Rows or accounts with the hashes of passwords: a schema alone, or rows without them, may be anywhere.
        found = _HASH.search(text) if _SQL.search(text) else None
        return Content("password hashes", Keeps.HASHES, Span(*found.span())) if found is not None else None
    accounts = next((pattern for end, pattern in _ACCOUNTS.items() if name.rstrip("s").endswith(end)), None)
    if accounts is not None:
        found = accounts.search(text)
        return Content("password hashes", Keeps.HASHES, Span(*found.span())) if found else None
    found_key = key(text)
    if found_key is not None and _SERVICE_ACCOUNT.search(text):
        return Content("a Google service account's key", Keeps.KEY, found_key.span)
    return found_key or (_web_key(text) if name.endswith((".json", ".jwk", ".jwks")) else None)


def _recorded(text: str) -> Content | None:
    """Requests of a browser, with what they sent to log in."""
    for found in _SENT.finditer(text) if '"entries"' in text else ():
        if not placeholder(found[2]):
            return Content("recorded requests with credentials", Keeps.LOGINS, Span(*found.span(2)))
    return None


def _web_key(text: str) -> Content | None:
    """A JSON web key, or a set of them, with a private or a symmetric one (RFC 7517, RFC 7518 section 6)."""
    if '"kty"' not in text or not ('"d"' in text or '"k"' in text):
        return None
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return None
    keys = held.get("keys", [held]) if isinstance(held, dict) else []
    private = any(
        isinstance(k, dict)
        and isinstance(k.get("k" if k.get("kty") == "oct" else "d"), str)
        and len(str(k.get("k") if k.get("kty") == "oct" else k.get("d"))) > 20
        for k in (keys if isinstance(keys, list) else [])
    )
    at = text.index('"kty"')
    return Content("a private web key", Keeps.KEY, Span(at, at + 5)) if private else None
