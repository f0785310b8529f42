"""Writers of what is sent with answers."""

from __future__ import annotations

from batten.formats.caddyfile_edits import append, quoted
from batten.formats.lines import after, remove, replace
from batten.model import Edit, Fix, Kind, Location, Safety
from batten.technologies.edges.caddy.cors import ORIGIN, about_origin
from batten.technologies.edges.caddy.features import INTERNALS
from batten.technologies.edges.caddy.flow import FORWARDS, directives
from batten.technologies.edges.caddy.headers.reading import Line, lines_of
from batten.technologies.edges.caddy.matchers import matcher_of
from batten.technologies.edges.caddy.tree import Item
from batten.technologies.shared.edges.headers import flagged
from batten.technologies.shared.edges.origins import expression
from batten.technologies.shared.transport.questions import ask_origins

_NAME = "@batten_origin"


def set_header(item: Item, at: Location, name: str, value: str) -> Fix | None:
    if at.kind is Kind.BLOCK:
        edits: tuple[Edit, ...] | None = _new(item, f"header {_sign(item, name)}{name} {quoted(value)}")
    else:
        edits = _changed(item, name, value)
    return Fix(f"send {name}", edits) if edits else None


def _sign(block: Item, name: str) -> str:
    """How a header is set that the site does not set yet. `reverse_proxy` adds the upstream's own header beside one that Caddy has
    set, and two policies are stricter than either, or none at all; `?` sets it only where the upstream did not (tried with 2.6.2).
    https://caddyserver.com/docs/caddyfile/directives/header"""
    if name.lower() == "vary":
        return "+"
    return "?" if any(i.name in FORWARDS for i in directives(block)) else ""


def _new(block: Item, line: str) -> tuple[Edit, ...] | None:
    """Below the last `header` of the block, else at its end."""
    if block.statement.body is None:
        return None
    own = [i for i in block.items if i.name == "header" and i.source is block.source and not i.imported]
    if block.imported:
        return None
    edit = (
        after(block.source, own[-1].statement, line) if own else append(block.source, block.statement, line)
    )
    return (edit,)


def line_at(item: Item) -> Line | None:
    """The change of a header that a statement, or a line in its block, makes."""
    directive = item if item.name == "header" else item.up
    if directive is None or directive.name != "header":
        return None
    return next((line for line in lines_of(directive) if line.item is item), None)


def _changed(item: Item, name: str, value: str) -> tuple[Edit, ...] | None:
    line = line_at(item)
    if line is None or line.name.lower() != name.lower():
        return None
    if line.operation == "default" and line.value == value:
        return None  # what is lacking are the answers that `handle_errors` makes
    if line.value != value:
        word = item.statement.words[-1]
        return (Edit(item.source.path, word.span, quoted(value)),) if word.text == line.value else None
    # A change that is not put off: what removes, which puts its whole block off, becomes a `header` of its own.
    directive, source = line.directive, line.item.source
    removing = [i for i in lines_of(directive) if i.operation == "remove" and i.item is not directive]
    others = [i for i in lines_of(directive) if i.operation in ("defer", "replace")]
    if others or directive.first("defer") is not None or not removing:
        return (after(source, directive.statement, f"header {line.name} {quoted(line.value)}"),)
    token = f" {directive.matched}" if directive.matched else ""
    apart = "\n".join(f"header{token} -{i.name}" for i in removing)
    return (*(remove(source, i.item.statement) for i in removing), after(source, directive.statement, apart))


def remove_header(item: Item) -> Fix | None:
    line = line_at(item)
    if line is None or line.operation == "remove":
        return None
    directive = line.directive
    only = len(list(lines_of(directive))) == 1
    return Fix(
        f"stop sending {line.name}",
        (remove(directive.source, directive.statement if only else line.item.statement),),
    )


def allow_origins(item: Item, at: Location, origins: tuple[str, ...]) -> Fix | None:
    title = "allow the listed origins only"
    if not origins:
        return ask_origins(title)
    if at.kind is Kind.BLOCK:
        edits = _new(item, _policy(origins, varied=False)) if item.is_site else None
    else:
        line = line_at(item)
        if line is None or line.name.lower() != ORIGIN or item.imported:
            edits = None
        else:
            directive = line.directive
            matcher = matcher_of(directive)
            about = about_origin(matcher)
            if matcher.tests and len(about) != len(matcher.tests):
                edits = None
            elif about:
                # The matcher as it is called, with exactly these origins.
                tests_about = about_origin(matcher_of(directive))
                where = tests_about[0].item
                if len({id(t.item) for t in tests_about}) > 1 or "not" in where.texts or where.imported:
                    edits = None
                else:
                    name = where.name if where.name.startswith("@") else ""
                    words = [name, "header_regexp", "Origin", quoted(expression(origins))]
                    edits = (replace(where.source, where.statement, " ".join(w for w in words if w)),)
            else:
                block = directive.up.items if directive.up is not None else []
                lines = [i for other in block if other.name == "header" for i in lines_of(other)]
                varied = any(i.name.lower() == "vary" and "origin" in i.value.lower() for i in lines)
                text = _policy(origins, varied)
                if line.item is directive or len(list(lines_of(directive))) == 1:
                    edits = (replace(item.source, directive.statement, text),)
                else:
                    edits = (
                        remove(item.source, item.statement),
                        after(item.source, directive.statement, text),
                    )
    breaks = "pages on origins that are not listed in batten.yaml"
    return Fix(title, edits, safety=Safety.RISKY, breaks=breaks) if edits else None


def _policy(origins: tuple[str, ...], varied: bool) -> str:
    """Whoever asks is named in the answer if he is on the list."""
    lines = [
        f"{_NAME} header_regexp Origin {quoted(expression(origins))}",
        f"header {_NAME} Access-Control-Allow-Origin {{http.request.header.Origin}}",
    ]
    return "\n".join(lines if varied else [*lines, "header +Vary Origin"])


def allow_methods(item: Item, methods: tuple[str, ...]) -> Fix | None:
    if "method" in item.texts:
        # The verbs of a matcher.
        number = item.texts.index("method") + 1
        words = item.statement.words
        if len(words) <= number or item.imported:
            return None
        edits = [Edit(item.source.path, words[number].span, " ".join(methods))]
        edits += [remove_word(item, n) for n in range(number + 1, len(words))]
        return Fix(
            f"allow {', '.join(methods)} only",
            tuple(edits),
            safety=Safety.RISKY,
            breaks="clients that use other methods",
        )
    return _listed(item, methods, "clients that use other methods")


def remove_word(item: Item, number: int) -> Edit:
    """A word with the blanks before it."""
    words = item.statement.words
    span = words[number].span
    return Edit(item.source.path, type(span)(words[number - 1].end, span.end), "")


def allow_headers(item: Item, names: tuple[str, ...]) -> Fix | None:
    return _listed(item, names, "pages that send other request headers")


def _listed(item: Item, names: tuple[str, ...], breaks: str) -> Fix | None:
    """The value of an Access-Control-* header."""
    line = line_at(item)
    if line is None or not line.name.lower().startswith("access-control-") or line.name.lower() == ORIGIN:
        return None
    edit = Edit(item.source.path, item.statement.words[-1].span, quoted(", ".join(names)))
    return Fix(f"allow {', '.join(names)} only", (edit,), safety=Safety.RISKY, breaks=breaks)


def cookie_flags(item: Item) -> Fix | None:
    line = line_at(item)
    if line is None or line.name.lower() != "set-cookie":
        return None
    breaks = "scripts that read the cookie, cross-site requests with it, and plain HTTP clients"
    edit = Edit(item.source.path, item.statement.words[-1].span, quoted(flagged(line.value)))
    return Fix("set the cookie's flags", (edit,), safety=Safety.RISKY, breaks=breaks)


def media_type(item: Item) -> Fix | None:
    line = line_at(item)
    if line is None or line.name.lower() != "content-type":
        return None
    return Fix(
        "send JSON with its media type",
        (Edit(item.source.path, item.statement.words[-1].span, "application/json"),),
    )


def error_details(item: Item) -> Fix | None:
    """The status in words, in the place of what went wrong inside."""
    edits = []
    for word in item.statement.words:
        raw = item.source.text[word.start : word.end]
        changed = INTERNALS.sub(lambda m: m[0].replace(m[1], "status_text"), raw)
        if changed != raw:
            edits.append(Edit(item.source.path, word.span, changed))
    return Fix("send clients only the status", tuple(edits)) if edits else None
