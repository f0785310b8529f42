"""What well-known images serve, by name: `served.txt` beside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from batten.facts import Content, Trait
from batten.files.own import own_text
from batten.model import Setting
from batten.technologies._containers.images import generic, parse, specific

_NOSNIFF, _FRAMES, _REFERRER = "x-content-type-options", "x-frame-options", "referrer-policy"
_CSP, _CORP = "content-security-policy", "cross-origin-resource-policy"
# What products send with their own pages, and do by themselves, unless they are told not to, by the last part of their
# image's name, or its last two.
_DOES: dict[str, tuple[str | Trait, ...]] = {
    # https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#security: allow_embedding, x_content_type_options
    # and disable_brute_force_login_protection, false by default
    "grafana": (_FRAMES, _NOSNIFF, Trait.LOGINS_LIMITED),
    "grafana-oss": (_FRAMES, _NOSNIFF, Trait.LOGINS_LIMITED),
    "grafana-enterprise": (_FRAMES, _NOSNIFF, Trait.LOGINS_LIMITED),
    # https://www.keycloak.org/docs/latest/server_admin/#_clickjacking: the realm's security defenses
    # https://www.keycloak.org/server/hostname: hostname-strict, true by default
    "keycloak": (_FRAMES, _NOSNIFF, _REFERRER, _CSP, "strict-transport-security", Trait.HOSTS_CHECKED),
    # https://www.elastic.co/docs/reference/kibana/configuration-reference/general-settings: server.securityResponseHeaders
    "kibana": (_NOSNIFF, _REFERRER, _CSP, "cache-control", "permissions-policy"),
    # https://docs.gitea.com/administration/config-cheat-sheet: X_FRAME_OPTIONS
    "gitea": (_FRAMES,),
    "forgejo": (_FRAMES,),
    # https://docs.nextcloud.com/server/latest/admin_manual/installation/harden_server.html
    # …/configuration_server/config_sample_php_parameters.html: trusted_domains, auth.bruteforce.protection.enabled
    "nextcloud": (_CSP, _NOSNIFF, _FRAMES, _REFERRER, Trait.HOSTS_CHECKED, Trait.LOGINS_LIMITED),
    # adminer/include/design.inc.php, page_headers()
    "adminer": (_FRAMES, _NOSNIFF, _REFERRER, _CSP),
    # libraries/classes/Header.php, getHttpHeaders()
    "phpmyadmin": (_FRAMES, _NOSNIFF, _REFERRER, _CSP),
    # Its nginx sends HSTS and Referrer-Policy (https://docs.gitlab.com/omnibus/settings/nginx/), Rails the others
    "gitlab-ce": (_FRAMES, _NOSNIFF, _REFERRER, "strict-transport-security"),
    "gitlab-ee": (_FRAMES, _NOSNIFF, _REFERRER, "strict-transport-security"),
    # https://plugins.jenkins.io/xframe-filter-plugin: the core sends SAMEORIGIN
    "jenkins": (_FRAMES,),
    # src/util.rs, AppHeaders, at 0044a6c
    "vaultwarden": (_FRAMES, _NOSNIFF, _REFERRER, _CSP, _CORP, "permissions-policy", "cache-control"),
    "vaultwarden/server": (_FRAMES, _NOSNIFF, _REFERRER, _CSP, _CORP, "permissions-policy", "cache-control"),
}
# Hosts and folders of registries under which vendors publish their own products only.
_VENDORS = (
    "docker.elastic.co/", "mcr.microsoft.com/", "registry.k8s.io/", "gcr.io/cadvisor/", "lscr.io/linuxserver/", "linuxserver/",
    "quay.io/keycloak/", "quay.io/prometheus/", "quay.io/minio/", "bitnami/", "bitnamilegacy/", "confluentinc/", "grafana/",
    "prom/", "hashicorp/", "apache/", "opensearchproject/", "cgr.dev/chainguard/", "ghcr.io/home-assistant/",
)  # fmt: skip
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


def of_others(reference: str) -> bool:
    """Whether an image is a product that others build, as far as its name shows; a runtime holds its user's program."""
    name = parse(reference).name.lower()
    if not name or generic(reference):
        return False
    return specific(reference) or name in _table() or name.startswith(_VENDORS)


# What turns it off, in the environment of the container: the pages above.
_UNDONE: dict[str, tuple[str, tuple[str | Trait, ...]]] = {
    "GF_SECURITY_DISABLE_BRUTE_FORCE_LOGIN_PROTECTION": ("true", (Trait.LOGINS_LIMITED,)),
    "GF_SECURITY_ALLOW_EMBEDDING": ("true", (_FRAMES,)),
    "GF_SECURITY_X_CONTENT_TYPE_OPTIONS": ("false", (_NOSNIFF,)),
    "KC_HOSTNAME_STRICT": ("false", (Trait.HOSTS_CHECKED,)),
    "GITEA__cors__X_FRAME_OPTIONS": ("unset", (_FRAMES,)),
}


def undone_by(environment: Mapping[str, Setting[str]]) -> frozenset[str | Trait]:
    """What of it a container's environment turns off, or may."""
    return frozenset(
        one
        for name, (off, what) in _UNDONE.items()
        if name in environment and environment[name].known(off).lower() == off
        for one in what
    )


def done_by_image(reference: str) -> frozenset[str | Trait]:
    """The headers, by lower-case name, that the product in an image sends by itself, and what else it does."""
    *_, folder, name = ["", *parse(reference).name.lower().split("/")]
    return frozenset(_DOES.get(f"{folder}/{name}") or _DOES.get(name, ()))
