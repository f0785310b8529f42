"""The finite field of DHE, where its file is in the reviewed tree."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from batten.formats import Unreadable, Workspace
from batten.model import Setting
from batten.technologies.edges.nginx.controls import NginxDirective
from batten.technologies.edges.nginx.includes import places, prefix_of
from batten.technologies.edges.nginx.tree import Tree, varies
from batten.technologies.edges.nginx.versions import HOME
from batten.technologies.shared.containers.mounts import candidates

_PEM = re.compile(r"-----BEGIN DH PARAMETERS-----([A-Za-z0-9+/=\s]{1,8000})-----END DH PARAMETERS-----")
_INTEGER, _SEQUENCE = 0x02, 0x30


def fields(tree: Tree, workspace: Workspace) -> Iterator[NginxDirective]:
    """ngx_http_ssl_module, ssl_dhparam: the bits of the prime in its file."""
    for item in tree.root.below("ssl_dhparam"):
        if not item.value or varies(item.value):
            continue
        main = tree.files[0]
        here = (*places(item.value, prefix_of(main)), *candidates(item.value, main, workspace, HOME))
        path = next((p for p in here if not p.startswith("..") and workspace.exists(p)), "")
        size = bits(workspace, path) if path else 0
        if size:
            yield NginxDirective(item.place(), item.name, Setting((str(size),), item.place()))


def bits(workspace: Workspace, path: str) -> int:
    """The length of the prime; 0 when the file holds none (PKCS #3: a sequence that begins with the prime)."""
    try:
        found = _PEM.search(workspace.text(path).text)
        der = base64.b64decode(found[1]) if found else b""
    except (Unreadable, binascii.Error):
        return 0
    content = _content(der, _SEQUENCE)
    return int.from_bytes(_content(content, _INTEGER)).bit_length()


def _content(der: bytes, tag: int) -> bytes:
    """What the first value holds, if it is of that kind."""
    if len(der) < 2 or der[0] != tag:
        return b""
    length, start = der[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(der[2:start])
    return der[start : start + length]
