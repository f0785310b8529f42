"""What well-known images serve, by name: `served.txt` beside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from batten.facts import Content, Trait
from batten.files.own import own_text
from batten.model import Setting
from batten.technologies.shared.containers.images import generic, parse, specific

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
_PERMISSIONS = "permissions-policy"
# What an edge must not set before a product, since its pages use what the usual value takes: cameras, microphones and positions; or
# other sites embed what it serves: scripts of statistics, comments, shared files, images.
_NEEDS: dict[str, tuple[str, ...]] = {
    # https://usememos.com/docs: audio recordings and the position of a memo
    "memos": (_PERMISSIONS,),
    # https://jitsi.github.io/handbook/docs/dev-guide/dev-guide-iframe: embedded, with camera and microphone
    "jitsi/web": (_PERMISSIONS, _FRAMES, _CSP, _CORP),
    # https://www.home-assistant.io/docs/assist: voice; https://companion.home-assistant.io/docs/core/location
    "home-assistant": (_PERMISSIONS,),
    "homeassistant/home-assistant": (_PERMISSIONS,),
    # https://element.io: calls
    "element-web": (_PERMISSIONS,),
    # https://docs.mattermost.com/collaborate/make-calls.html, https://docs.rocket.chat: calls and voice messages
    "mattermost-team-edition": (_PERMISSIONS,),
    "mattermost-enterprise-edition": (_PERMISSIONS,),
    "rocket.chat": (_PERMISSIONS,),
    # https://docs.openwebui.com/features: speech to text
    "open-webui": (_PERMISSIONS,),
    # https://docs.traccar.org, https://dawarich.app/docs: positions
    "traccar": (_PERMISSIONS,),
    "dawarich": (_PERMISSIONS,),
    # Scripts that every site embeds: https://umami.is/docs/collect-data, https://plausible.io/docs/plausible-script,
    # https://developer.matomo.org/guides/tracking-javascript-guide
    "umami": (_CORP, _CSP),
    "plausible/analytics": (_CORP,),
    "plausible/community-edition": (_CORP,),
    "matomo": (_CORP,),
    # Comments below other people's pages: https://remark42.com/docs/getting-started/installation, https://isso-comments.de/docs
    "remark42": (_CORP, _FRAMES, _CSP),
    "isso": (_CORP,),
    # Links to files and images for other sites: https://github.com/mtlynch/picoshare, https://zipline.diced.sh/docs,
    # https://docs.imgproxy.net, https://thumbor.readthedocs.io
    "picoshare": (_CORP,),
    "zipline": (_CORP,),
    "chibisafe": (_CORP,),
    "imgproxy": (_CORP,),
    "thumbor": (_CORP,),
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
    for line in (own_text("technologies/shared/containers/served.txt") or "").splitlines():
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
    """The headers, by lower-case name, that the product in an image sends by itself, or must not be given; and what else it does."""
    *_, folder, name = ["", *parse(reference).name.lower().split("/")]
    both = f"{folder}/{name}"
    return frozenset((*(_DOES.get(both) or _DOES.get(name, ())), *(_NEEDS.get(both) or _NEEDS.get(name, ()))))
