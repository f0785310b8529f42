"""What else a provider says: keys of an API that are written out, buckets, and load balancers that let visitors on.

Sources: https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml, …/events/apigateway (API keys), …/events/s3
(buckets), …/events/alb (authorizers).
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Safeguard, Secret
from batten.model import UNKNOWN, Setting, Unknown
from batten.technologies.cloud.serverless.service import Service
from batten.technologies.shared.aws.resource import Value
from batten.technologies.shared.aws.settings import setting
from batten.technologies.shared.secrets.credentials import in_config, placeholder, token

_KEYS = (("apiGateway", "apiKeys"), ("apiKeys",))
_ON = {"allow": False, "deny": True, "authenticate": True}


def api_keys(service: Service) -> Iterator[Secret]:
    """Values of API keys; those that look like a known token are found wherever they are."""
    for way in _KEYS if service.provider is not None else ():
        assert service.provider is not None
        for key in service.provider.each(*way):
            held = key.value("value")
            if isinstance(held.value, str) and not placeholder(held.value) and token(held.value) is None:
                yield in_config(held.at, "value", "key")


def let_on(service: Service) -> Iterator[Safeguard]:
    """Authorizers of load balancers that forward visitors without a login."""
    found = service.provider.value("alb", "authorizers").value if service.provider is not None else None
    for name in found if isinstance(found, dict) else ():
        assert service.provider is not None
        key = f"alb/authorizers/{name}/onUnauthenticatedRequest"
        on = setting(service.provider, key, _required, True)
        at = service.provider.block()
        yield Safeguard(
            at, kind="let-on", service="authorizer", name=name, on=Setting(on.value, on.at, on.effective)
        )


def _required(value: Value) -> bool | Unknown:
    return _ON.get(value, UNKNOWN) if isinstance(value, str) else UNKNOWN
