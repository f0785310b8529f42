"""Writers for transport: redirects, protocols, suites."""

from __future__ import annotations

from batten.model import Edit, Fix, Safety
from batten.technologies.edges.lighttpd.placement import at_end, into, member, module, quoted, step
from batten.technologies.edges.lighttpd.tls.listeners import COMMANDS, home, servers
from batten.technologies.edges.lighttpd.tree import Item, Pair, Scope, Tree
from batten.technologies.shared.transport.questions import ask_certificate
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS, PLAIN_CLIENTS


def redirect_to_tls(tree: Tree, scope: Scope) -> Fix | None:
    """url.redirect for the plain socket; at the file's top for the scheme, because sockets inherit from there."""
    secure = [s for s in servers(tree) if s.tls.known(False)]
    if not secure:
        return ask_certificate("serve this over TLS")
    plain = next((s for s in servers(tree) if s.scope is scope), None)
    if plain is None or (scope.up is not None and any("url.redirect" in s.held for s in scope.walk())):
        return None
    # `${url.authority}` holds the port that was asked for; where it is another one, the host is captured alone.
    indent = step(scope.source.text)
    ports = [s.port for s in secure]
    if plain.port == 80 and 443 in ports:
        lines = f"url.redirect = ( {quoted('')} => {quoted('https://${url.authority}${url.path}${qsa}')} )"
    else:
        port = "" if 443 in ports or not isinstance(ports[0], int) else f":{ports[0]}"
        line = f"url.redirect = ( {quoted('')} => {quoted('https://%1' + port + '${url.path}${qsa}')} )"
        lines = _braced('$HTTP["host"] =~ "^([^:]*)"', line, indent)
    if scope.up is None:
        edit = at_end(scope, _braced('$HTTP["scheme"] == "http"', lines, step(scope.source.text)))
    else:
        edit = into(scope, lines)
    edits = (edit, *module(tree, "mod_redirect"))
    return Fix("redirect plain HTTP to HTTPS", edits, safety=Safety.RISKY, breaks=PLAIN_CLIENTS)


def _braced(condition: str, lines: str, indent: str) -> str:
    inner = "\n".join(indent + line for line in lines.splitlines())
    return f"{condition} {{\n{inner}\n}}"


def minimum_tls(scope: Scope, pair: Pair | None, version: str) -> Fix | None:
    return _command(scope, pair, "MinProtocol", version, f"accept {version} and newer only", OLD_VERSIONS)


def use_suites(scope: Scope, item: Item | None, pair: Pair | None, suites: tuple[str, ...]) -> Fix | None:
    title = "accept strong cipher suites only"
    text = ":".join(suites)
    if pair is None and item is not None:
        edit = Edit(item.source.path, item.assignment.value.span, quoted(text))
        return Fix(title, (edit,), safety=Safety.RISKY, breaks=OLD_SUITES)
    return _command(scope, pair, "CipherString", text, title, OLD_SUITES)


def _command(scope: Scope, pair: Pair | None, name: str, value: str, title: str, breaks: str) -> Fix | None:
    if pair is not None:
        edit: Edit | None = Edit(pair.item.source.path, pair.entry.value.span, quoted(value))
    else:
        place = home(scope)
        text = f"{quoted(name)} => {quoted(value)}"
        held = place.held.get(COMMANDS)
        edit = member(held.last, text) if held is not None else into(place, f"{COMMANDS} += ( {text} )")
    return Fix(title, (edit,), safety=Safety.RISKY, breaks=breaks) if edit is not None else None
