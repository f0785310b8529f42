"""Locations that take handshakes of WebSockets alone: `error_page 597 = $socket;` and `if ($socket) { return 597; }`, where a map
names them by what is asked. https://nginx.org/en/docs/http/websocket.html"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import SocketRoute
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.edges.nginx.blocks import locations, match_of, passes, returned
from batten.technologies.edges.nginx.headers.varied import Maps, maps
from batten.technologies.edges.nginx.tree import Tree
from batten.technologies.shared.edges.nodes import Item
from batten.technologies.shared.edges.origins import literals

_FLAGS = ("hostnames", "volatile", "default", "include")


def sockets(tree: Tree) -> Iterator[SocketRoute]:
    results = maps(tree)
    for server in tree.servers:
        named = {one.values[-1]: one for one in locations(server) if match_of(one).kind == "named"}
        # Maps that name the location of a request which is sent there before any other is looked for.
        aside = {page.values[0]: page.values[-1] for page in server.all("error_page") if len(page.values) > 1}
        for condition in server.all("if"):
            answer = returned(condition)
            variable = aside.get(str(answer.status), "") if answer is not None else ""
            if variable in results and condition.values == [f"({variable})"]:
                table = results[variable]
                # What a path has before it: the one value of a map that looks at the upgrade.
                ahead_variable = table.value.removesuffix("$uri")
                made = results.get(ahead_variable) if ahead_variable != table.value else None
                if made is None or "$http_upgrade" not in made.value:
                    ahead = ""
                else:
                    values = {row.value for row in made.items if row.name not in _FLAGS}
                    ahead = values.pop() if len(values) == 1 else ""
                for row in table.items if ahead else ():
                    location = named.get(row.value)
                    if row.name not in _FLAGS and location is not None and row.name.startswith(f"~^{ahead}"):
                        pattern = f"^{row.name.removeprefix(f'~^{ahead}')}"
                        forward = passes(location)
                        yield SocketRoute(
                            location.block(),
                            server=server.pointer,
                            path=pattern,
                            match="regex",
                            upstream=forward.value if forward else "",
                            regex=pattern,
                            origins=_origins(location, results),
                        )


def _origins(location: Item, results: Maps) -> Setting[tuple[str, ...]]:
    for condition in location.all("if"):
        answer, made = returned(condition), results.get(" ".join(condition.values).strip("()"))
        if answer is None or answer.status != 403 or made is None or made.value != "$http_origin":
            continue
        admitted = [row.name for row in made.items if row.name not in _FLAGS and not row.value]
        found = [literals(key.removeprefix("~")) for key in admitted if key]
        known = tuple(origin for each in found for origin in each or ())
        return Setting(known if None not in found else UNKNOWN, condition.place())
    return Setting(ABSENT, location.block())
