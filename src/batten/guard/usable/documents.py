"""What of a document as a whole cannot be enforced: its paths, servers and what they share."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.contract import Contract, Operation, Place
from batten.contract.keywords import Flaw, shown
from batten.contract.operations import METHODS
from batten.contract.security import read_security
from batten.formats.tree import Plain
from batten.guard.usable.reading import Object, member, resolved, written
from batten.guard.usable.servers import server_flaws

_SUPPORTED = ("2.0", "3.0", "3.1", "3.2")
_NAMES = re.compile(r"\{([^{}/]*)\}")
_UNFIT = re.compile(r"[\x00-\x20\x7f?#\\]")
_DOTS = re.compile(r"/(?:\.{1,2})?(?=/)|/\.{1,2}\Z")


def document_flaws(contract: Contract) -> Iterator[Flaw]:
    root = Place(contract.path)
    document = written(contract, root)
    if not isinstance(document, dict):
        return
    if not contract.version.startswith(_SUPPORTED):
        key = "openapi" if "openapi" in document else "swagger"
        message = f"OpenAPI {contract.version} is not supported"
        yield Flaw(root / key, message, "write it as OpenAPI 2.0 or 3.0 to 3.2")
    yield from server_flaws(contract, document, root)
    if "security" in document:
        yield from security_shape(document["security"], root / "security")
    yield from _paths(contract, document, root)
    # Two operations for the same requests: which one would hold is not written anywhere.
    seen: dict[tuple[str, str], Operation] = {}
    for operation in contract.operations:
        for path in (operation.path, *operation.others):  # by the base path of each of its servers
            first = seen.setdefault((operation.method, _NAMES.sub("{}", path)), operation)
            if first is not operation:
                message = f"{operation.method} {path} is both '{first.template}' and '{operation.template}'"
                yield Flaw(
                    operation.place, message, "keep one of the two, or give one of them servers of its own"
                )


def security_shape(value: Plain, place: Place) -> Iterator[Flaw]:
    """A requirement that cannot be read would require nothing."""
    if not isinstance(value, list):
        yield Flaw(
            place, f"`security` is {shown(value)}, not a list", "list requirements, as in `- bearer: []`"
        )
        return
    for index, entry in enumerate(value):
        if not isinstance(entry, dict):
            message = f"the security requirement {shown(entry)} is not an object"
            yield Flaw(place / str(index), message, "write the scheme with its scopes, as in `bearer: []`")


def _paths(contract: Contract, document: Object, root: Place) -> Iterator[Flaw]:
    if "paths" not in document:
        return
    paths, place, flaw = member(contract, document, root, "paths")
    if flaw is not None:
        yield flaw
    for template, value in paths.items():
        if template.startswith("x-"):
            continue
        yield from _template(template, place / template)
        item, at, flaw = resolved(contract, value, place / template, "the path item")
        if flaw is not None:
            yield flaw
            continue
        layers = [(item, at)]
        if isinstance(value, dict) and "$ref" in value:
            layers.append((value, place / template))
        for layer, layer_at in layers:
            yield from server_flaws(contract, layer, layer_at)
            further = layer.get("additionalOperations", {})
            if not isinstance(further, dict):
                message = f"`additionalOperations` is {shown(further)}, not an object"
                yield Flaw(layer_at / "additionalOperations", message, "write one operation for each method")
                further = {}
            for method in METHODS:
                if method in layer and not isinstance(layer[method], dict):
                    message = f"the operation `{method}` is {shown(layer[method])}, not an object"
                    yield Flaw(layer_at / method, message, "write the operation, or remove the key")
            for method, operation in further.items():
                if not isinstance(operation, dict):
                    methods_at = layer_at / "additionalOperations" / method
                    yield Flaw(
                        methods_at,
                        f"the operation `{method}` is not an object",
                        "write the operation, or remove the key",
                    )


def _template(template: str, place: Place) -> Iterator[Flaw]:
    names = _NAMES.findall(template)
    rest = _NAMES.sub("", template)
    hint = "write it as in /orders/{id}"
    if "{" in rest or "}" in rest:
        yield Flaw(place, f"the path template {shown(template)} has a brace without its pair", hint)
    elif "" in names:
        yield Flaw(place, f"the path template {shown(template)} has an expression without a name", hint)
    elif len(set(names)) < len(names):
        yield Flaw(
            place, f"the path template {shown(template)} has the same name twice", "rename one of them"
        )
    elif _UNFIT.search(template):
        message = f"the path template {shown(template)} has a character that no path has"
        yield Flaw(place, message, "remove blanks, queries and fragments; declare a query as parameters")
    elif _DOTS.search(template):
        message = f"the path template {shown(template)} has an empty segment or one of dots only"
        yield Flaw(place, message, "requests with such a path are refused: write the path that clients send")


def required_names(contract: Contract, operation: Operation) -> dict[str, Place]:
    """The schemes that an operation's requirements name, each with where they are."""
    if operation.security is None or operation.security_place is None:
        return {}
    holder = written(contract, Place(operation.security_place.source, operation.security_place.tokens[:-1]))
    alternatives = read_security(holder) if isinstance(holder, dict) else None
    return {name: operation.security_place for names in alternatives or () for name in names}
