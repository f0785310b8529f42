"""What well-known images serve, by name: `served.txt` beside it."""

from __future__ import annotations

from functools import cache

from batten.facts import Content
from batten.files.own import own_text
from batten.technologies._containers.images import parse

_NOSNIFF, _FRAMES, _REFERRER = "x-content-type-options", "x-frame-options", "referrer-policy"
_CSP = "content-security-policy"
# What products send with their own pages unless they are told not to, by the last part of their image's name.
_SENDS = {
    # https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#security: allow_embedding, x_content_type_options
    "grafana": (_FRAMES, _NOSNIFF),
    "grafana-oss": (_FRAMES, _NOSNIFF),
    "grafana-enterprise": (_FRAMES, _NOSNIFF),
    # https://www.keycloak.org/docs/latest/server_admin/#_clickjacking: the realm's security defenses
    "keycloak": (_FRAMES, _NOSNIFF, _REFERRER, _CSP, "strict-transport-security"),
    # https://www.elastic.co/docs/reference/kibana/configuration-reference/general-settings: server.securityResponseHeaders
    "kibana": (_NOSNIFF, _REFERRER, _CSP, "cache-control", "permissions-policy"),
    # https://docs.gitea.com/administration/config-cheat-sheet: X_FRAME_OPTIONS
    "gitea": (_FRAMES,),
    "forgejo": (_FRAMES,),
    # https://docs.nextcloud.com/server/latest/admin_manual/installation/harden_server.html
    "nextcloud": (_CSP, _NOSNIFF, _FRAMES, _REFERRER),
    # adminer/include/design.inc.php, page_headers()
    "adminer": (_FRAMES, _NOSNIFF, _REFERRER, _CSP),
    # libraries/classes/Header.php, getHttpHeaders()
    "phpmyadmin": (_FRAMES, _NOSNIFF, _REFERRER, _CSP),
}
_KINDS = {"api": Content.API, "pages": Content.PAGE, "both": Content.BOTH}


@cache
def _table() -> dict[str, Content]:
    found: dict[str, Content] = {}
    kind = Content.UNKNOWN
    for line in (own_text("technologies/_containers/served.txt") or "").splitlines():
        if line.startswith("["):
            kind = _KINDS[line.strip("[]")]
        elif not line.startswith("#"):
            found |= dict.fromkeys(line.split(), kind)
    return found


def served_by(reference: str) -> Content:
    """What the image of a reference serves. A mirror's or a private registry's copy is the same product; of
    images that others build of a product, only that they serve pages is believed."""
    name = parse(reference).name.lower()
    first, _, rest = name.partition("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        name = name if name in _table() else rest
    known = _table().get(name) or _table().get(name.removeprefix("library/"))
    if known is not None:
        return known
    same = _table().get(name.rpartition("/")[2], Content.UNKNOWN)
    return Content.UNKNOWN if same is Content.API else same


def sent_by(reference: str) -> frozenset[str]:
    """The headers, by lower-case name, that the product in an image sends by itself."""
    return frozenset(_SENDS.get(parse(reference).name.lower().rpartition("/")[2], ()))
