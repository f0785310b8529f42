"""What routers do with paths.

Source: https://doc.traefik.io/traefik/reference/routing-configuration/http/routing/rules-and-priority/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Route
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.traefik.configuration import Configuration, Router
from batten.technologies.edges.traefik.expressions import expression
from batten.technologies.edges.traefik.headers.reading import changes
from batten.technologies.edges.traefik.routing import PATH
from batten.technologies.edges.traefik.sockets import takes_handshakes
from batten.technologies.shared.edges.headers import fold
from batten.technologies.shared.edges.rules import hosts_in

_METHOD = re.compile(r"\bMethod\(((?:`[A-Za-z]+`[,\s]*)+)\)")


def routes(whole: Configuration) -> Iterator[Route]:
    for router in whole.routers():
        path = PATH.findall(router.rule.word)
        if router.internal or router.redirects or len(path) > 1 or takes_handshakes(router):
            continue
        match, place = path[0] if path else ("PathPrefix", "/")
        # What its middlewares set, the outermost last.
        chain = [middleware for middleware in (*router.around, *router.chain) if middleware is not None]
        made = [
            change for one in reversed(chain) if one["headers"].exists for change in changes(one["headers"])
        ]
        # The names that a rule requires; unknown where a variable decides them.
        rule = router.rule
        if not rule.exists or rule.known:
            names = dict.fromkeys(hosts_in(rule.word))
            named: tuple[Setting[str], ...] = tuple(Setting(name, rule.here) for name in names)
        else:
            named = (Setting(UNKNOWN, rule.here),)
        yield Route(
            router.at,
            server="traefik",
            path=place,
            match="exact" if match == "Path" else "prefix",
            methods=_methods(router),
            upstream=router.service.partition("@")[0] or router.value.name,
            regex=expression(router.rule.word),
            hosts=named,
            sent={name: header.value for name, header in fold(made).items()},
        )


def _methods(router: Router) -> Setting[tuple[str, ...]]:
    """Verbs that may pass: of v2's `Method(…, …)` and v3's `Method(…) || Method(…)`."""
    rule = router.rule
    found = _METHOD.findall(rule.word)
    if not found or "!" in rule.word:
        return Setting(UNKNOWN if not rule.known else ABSENT, router.at)
    return Setting(tuple(dict.fromkeys(m for part in found for m in re.findall(r"\w+", part))), rule.here)
