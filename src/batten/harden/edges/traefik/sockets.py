"""WebSockets: Traefik forwards every upgrade whose header it still has, so routers of their own keep it for handshakes.

https://doc.traefik.io/traefik/expose/overview/ and …/reference/routing-configuration/http/routing/rules-and-priority/
"""

from __future__ import annotations

from batten.harden.handshakes import NAMED, PROTOCOL, VERSION

# Routers see no Transfer-Encoding; Traefik itself reads such a body before anything else.
HANDSHAKE = " && ".join(
    (
        "Method(`GET`)",
        f"HeaderRegexp(`Upgrade`, `^(?i){PROTOCOL}$`)",
        f"HeaderRegexp(`Connection`, `^(?i){NAMED}$`)",
        f"Header(`Sec-WebSocket-Version`, `{VERSION}`)",
        "!HeaderRegexp(`Content-Length`, `.*`)",
    )
)
FROM_A_PAGE = "HeaderRegexp(`Origin`, `.*`)"
UPGRADE = "Upgrade"
TOLD, NO_ORIGIN = "told-upgrade", "no-origin"  # names of middlewares
