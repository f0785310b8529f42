"""Passwords of accounts that cloud-init sets on a machine's first start.

Source: https://docs.cloud-init.io/en/latest/reference/modules.html (Set Passwords, Users and Groups)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.model import Span
from batten.model.record import record
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.secrets.credentials import Found
from batten.technologies.shared.secrets.evidence import Place

_MOST = 2_000  # lines
_HEAD = "#cloud-config"
_LISTED = re.compile(r"(?P<indent> *)(?:list|users): *[|>][-+]? *\Z")
_ENTRY = re.compile(r" *(?P<user>[a-z_][\w.-]{0,40}):(?P<v>[^\s#]{1,200})\Z")
_KEY = re.compile(
    r" *(?:- +)?(?P<key>password|plain_text_passwd): *(?P<quote>[\"']?)(?P<v>[^\s\"'#]{1,200})(?P=quote) *\Z"
)
_USER = re.compile(r" *(?:- +)?name: *[\"']?(?P<user>[\w.-]{1,40})[\"']? *\Z")
_LOGS_IN = re.compile(r"^ *ssh_pwauth: *[\"']?(?:true|yes|1|on)\b", re.MULTILINE | re.IGNORECASE)
_HASHED = re.compile(r"\$\d?\w{1,10}\$|R(?:ANDOM)?\Z")


@record
class Account:
    """An account with a password in the text; `found` says how it is guessed."""

    user: str
    found: Found
    span: Span


def accounts(text: str) -> Iterator[Account]:
    """The accounts of user data that have a literal password. Without `ssh_pwauth` they log in at the machine's console only."""
    if not text.lstrip().startswith(_HEAD):
        return
    remote = _LOGS_IN.search(text) is not None
    start, user, listed = 0, "", -1
    for line in text.split("\n")[:_MOST]:
        bare = line.rstrip("\r")
        indent = len(bare) - len(bare.lstrip(" "))
        if bare.strip() and listed >= 0 and indent <= listed:
            listed = -1
        named, opened = _USER.match(bare), _LISTED.match(bare)
        entry = _ENTRY.match(bare) if listed >= 0 else _KEY.match(bare)
        user = named["user"] if named is not None else user
        if opened is not None:
            listed = len(opened["indent"])
        elif entry is not None and not _HASHED.match(entry["v"]):
            whose = entry["user"] if listed >= 0 else user
            held = credentials.found("PASSWORD", entry["v"], Place.CONSUMED, whose)
            if held is not None:
                local = held if remote else Found(held.kind, held.guess, local=True)
                yield Account(
                    whose or "the default user", local, Span(start + entry.start("v"), start + entry.end("v"))
                )
        start += len(line) + 1
