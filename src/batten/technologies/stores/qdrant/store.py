"""From Qdrant's config.yaml to what the server is to others.

Source: https://qdrant.tech/documentation/security/ and config/config.yaml of its source: without `service.api_key` requests need no
credential, the host is 0.0.0.0, TLS is off. Files are merged, and variables (QDRANT__SERVICE__API_KEY) count more; any of the
three keys makes requests need one (AuthKeys::try_create of its source).
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, OriginKind, OriginRule, Store
from batten.model import UNKNOWN, Setting
from batten.technologies.shared.settings.offers import cors_policy, plain_without, secrets
from batten.technologies.shared.settings.settings import Settings

PORT = 6333
_KEYS = ("service.api_key", "service.read_only_api_key", "service.alt_api_key")


def store(settings: Settings, service: str = "", keyed: bool = False) -> Store:
    """`keyed`: a variable of the server's gives a key, or may."""
    tls = settings.truth("service.enable_tls", False)
    # A key, or certificates of clients, which TLS alone checks.
    certificates = settings.truth("service.verify_https_client_certificate", False)
    if certificates.known(False) and settings.truth("service.enable_tls", False).known(True) is not False:
        authentication: Setting[bool] = certificates
    else:
        key = next((settings.found[name] for name in _KEYS if name in settings.found), None)
        if key is not None:
            authentication = Setting(True, key.at)
        else:
            authentication = settings.absent("service.api_key", UNKNOWN if keyed else False)
    return Store(
        settings.at,
        product="qdrant",
        authentication=authentication,
        addresses=settings.words("service.host", ("0.0.0.0",)),
        port=settings.number("service.http_port", PORT),
        version=settings.version,
        tls=tls,
        plain=plain_without(tls),
        service=service,
        configured_by=(settings.path,),
    )


def facts(settings: Settings, keyed: bool = False) -> Iterator[Fact]:
    """Pages of any origin that may use the API, and keys that are written out.

    Where a key is required, a page of another origin has none: browsers add cookies and certificates, not this header.
    """
    shared = settings.truth("service.enable_cors", True)
    required = keyed or any(key in settings.found for key in _KEYS)
    if shared.written and shared.known(False) and not required:
        rule = OriginRule(OriginKind.ANY, Setting("*", shared.at))
        yield cors_policy(shared.at, (rule,))
    yield from secrets((g for g in settings.found.values() if g.key in _KEYS), "key")
