"""Paths and their operations, with all that holds for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from batten.contract.contract import Body, Encoding, Media, Operation, Parameter, Response, Schema, Server
from batten.contract.references import References
from batten.contract.security import read_security
from batten.contract.servers import base_paths, read_schemes_of_2, read_servers
from batten.contract.source import Place
from batten.formats.tree import Plain
from batten.model.record import record

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
LOCATIONS = ("query", "path", "header", "cookie", "querystring")
OF_EDGE = "x-batten-edge"

_Object = dict[str, Plain]


def read_operations(
    document: _Object, root: Place, version: str, bases: tuple[str, ...], references: References
) -> tuple[tuple[Operation, ...], tuple[Server, ...]]:
    """The operations, and the servers that paths and operations name for themselves."""
    paths, place = references.members(document, root, "paths")
    reading = Reading(document, root, version, bases, references)
    found = tuple(
        operation
        for template, item in paths.items()
        if not template.startswith("x-")
        for operation in reading.path_item(template, item, place / template)
    )
    return found, tuple(dict.fromkeys(reading.servers))


@record
class Reading:
    """What all operations of a document share while they are read; `servers` are those that they name for themselves."""

    document: _Object
    root: Place
    version: str
    bases: tuple[str, ...]
    references: References
    servers: list[Server] = field(default_factory=list)
    responses: dict[tuple[Place, str], Response] = field(default_factory=dict)

    @property
    def is_2(self) -> bool:
        return self.version.startswith("2.")

    def path_item(self, template: str, value: Plain, place: Place) -> Iterator[Operation]:
        """A path item may be a reference, and say more beside it."""
        layers: list[tuple[_Object, Place]] = []
        if isinstance(value, dict):
            if "$ref" in value:
                target = self.references.follow(value, place)
                if target is not None and isinstance(target.value, dict):
                    layers.append((target.value, target.place))
            layers.append((value, place))
        operations = {
            method: (operation, at, shared)
            for item, item_place in layers
            for shared in [self.parameters(item, item_place)]
            for method, operation, at in _operations(item, item_place)
        }
        bases = self.bases
        for item, item_place in layers:
            bases = self._own_servers(item, item_place, bases)
        for method, (operation, at, shared) in operations.items():
            yield self.operation(method, template, operation, at, shared, bases)

    def operation(
        self,
        method: str,
        template: str,
        value: _Object,
        place: Place,
        shared: dict[str, Parameter],
        bases: tuple[str, ...],
    ) -> Operation:
        bases = self._own_servers(value, place, bases)
        rooted = template if template.startswith("/") else f"/{template}"
        declared = {**shared, **self.parameters(value, place)}
        security, security_place = self.security(value, place)
        choice = value.get("x-batten-choice")
        padding = value.get("x-batten-padding")
        identity = value.get("operationId")
        own, of_edge = self.answers(value, place)
        return Operation(
            method,
            bases[0] + rooted,
            template,
            place,
            self.references.sources.block(place),
            identity if isinstance(identity, str) else "",
            tuple(declared.values()),
            self.body_of_2(value, place) if self.is_2 else self.body(value, place),
            own,
            security,
            security_place,
            value.get("deprecated") is True,
            choice if isinstance(choice, str) else "",
            place / "x-batten-choice" if isinstance(choice, str) else None,
            padding if isinstance(padding, int) else 0,
            tuple(base + rooted for base in bases[1:]),
            of_edge,
        )

    def _own_servers(self, value: _Object, place: Place, bases: tuple[str, ...]) -> tuple[str, ...]:
        if self.is_2:
            self.servers.extend(read_schemes_of_2(value, place, self.document))
            return bases
        own = read_servers(value, place, self.version)
        self.servers.extend(own)
        return base_paths(own, self.references, bases)

    def security(
        self, value: _Object, place: Place
    ) -> tuple[tuple[tuple[str, ...], ...] | None, Place | None]:
        own = read_security(value)
        if own is not None:
            return own, place / "security"
        general = read_security(self.document)
        return general, None if general is None else self.root / "security"

    def parameters(self, holder: _Object, place: Place) -> dict[str, Parameter]:
        """By name and location, which together are a parameter's identity."""
        declared = holder.get("parameters")
        found: dict[str, Parameter] = {}
        for index, value in enumerate(declared if isinstance(declared, list) else ()):
            target = self.references.follow(value, place / "parameters" / str(index))
            if target is None or not isinstance(target.value, dict):
                continue
            name, location = target.value.get("name"), target.value.get("in")
            if isinstance(name, str) and location in LOCATIONS:
                found[f"{location} {name}"] = self._parameter(name, str(location), target.value, target.place)
        return found

    def _parameter(self, name: str, location: str, value: _Object, place: Place) -> Parameter:
        content = {} if self.is_2 else self.media(value.get("content"), place / "content")
        media = next(iter(content.values()), None)  # the specification allows one
        style, explode = value.get("collectionFormat" if self.is_2 else "style"), value.get("explode")
        return Parameter(
            name,
            location,
            value.get("required") is True,
            media.schema if media is not None else self._parameter_schema(value, place),
            place,
            style=style if isinstance(style, str) else "",
            explode=explode if isinstance(explode, bool) else None,
            media_type=media.media_type if media is not None else "",
            allow_empty=value.get("allowEmptyValue") is True,
            deprecated=value.get("deprecated") is True,
        )

    def _parameter_schema(self, value: _Object, place: Place) -> Schema | None:
        if self.is_2:
            return Schema(place, value)
        return Schema(place / "schema", value["schema"]) if "schema" in value else None

    def body(self, value: _Object, place: Place) -> Body | None:
        if "requestBody" not in value:
            return None
        target = self.references.follow(value["requestBody"], place / "requestBody")
        if target is None or not isinstance(target.value, dict):
            return None
        media = self.media(target.value.get("content"), target.place / "content")
        return Body(media, target.value.get("required") is True, target.place)

    def body_of_2(self, value: _Object, place: Place) -> Body | None:
        """Swagger 2.0 has its bodies among the parameters; form fields make one object of them."""
        declared = value.get("parameters")
        fields: _Object = {}
        required: list[Plain] = []
        for index, entry in enumerate(declared if isinstance(declared, list) else ()):
            target = self.references.follow(entry, place / "parameters" / str(index))
            if target is None or not isinstance(target.value, dict):
                continue
            parameter, demanded = target.value, target.value.get("required") is True
            if parameter.get("in") == "body":
                schema = Schema(target.place / "schema", parameter.get("schema", {}))
                types = self._types(value, "consumes") or ("application/json",)
                return Body({t: Media(t, schema, target.place) for t in types}, demanded, target.place)
            if parameter.get("in") == "formData":
                name = str(parameter.get("name"))
                fields[name] = parameter
                required += [name] if demanded else []
        if not fields:
            return None
        form = Schema(place / "parameters", {"type": "object", "properties": fields, "required": required})
        types = self._types(value, "consumes") or ("application/x-www-form-urlencoded", "multipart/form-data")
        return Body({t: Media(t, form, form.place) for t in types}, bool(required), form.place)

    def _types(self, value: _Object, key: str) -> tuple[str, ...]:
        declared = value.get(key, self.document.get(key))
        return tuple(t for t in declared if isinstance(t, str)) if isinstance(declared, list) else ()

    def answers(self, value: _Object, place: Place) -> tuple[dict[str, Response], dict[str, Response]]:
        """Those of the API, and those that an edge gives in its stead."""
        declared = value.get("responses")
        own, of_edge = dict[str, Response](), dict[str, Response]()
        for status, answer in declared.items() if isinstance(declared, dict) else ():
            if status.startswith("x-"):
                continue
            found = self.answer(status, answer, place / "responses" / status, value)
            (of_edge if found.of_edge else own)[status] = found
        return own, of_edge

    def answer(self, status: str, value: Plain, place: Place, operation: _Object) -> Response:
        target = self.references.follow(value, place)
        if target is None or not isinstance(target.value, dict):
            return Response(status, {}, {}, place, known=False)
        key = (target.place, status)
        if key not in self.responses or self.is_2:
            if self.is_2:
                if "schema" not in target.value:
                    media = {}
                else:
                    schema = Schema(target.place / "schema", target.value["schema"])
                    types = self._types(operation, "produces") or ("*/*",)
                    media = {t: Media(t, schema, target.place) for t in types}
            else:
                media = self.media(target.value.get("content"), target.place / "content")
            headers = self.headers(target.value, target.place)
            self.responses[key] = Response(
                status, media, headers, target.place, of_edge=is_of_edge(target.value)
            )
        return self.responses[key]

    def media(self, content: Plain, place: Place) -> dict[str, Media]:
        found: dict[str, Media] = {}
        for media_type, value in content.items() if isinstance(content, dict) else ():
            target = self.references.follow(value, place / media_type)
            if target is None or not isinstance(target.value, dict) or is_of_edge(target.value):
                continue
            key = next((k for k in ("schema", "itemSchema") if k in target.value), "")
            schema = Schema(target.place / key, target.value[key]) if key else None
            encoding = _read_encoding(target.value, target.place, self.references)
            found[media_type] = Media(media_type, schema, target.place, encoding, key == "itemSchema")
        return found

    def headers(self, value: _Object, place: Place) -> dict[str, Parameter]:
        declared = value.get("headers")
        found: dict[str, Parameter] = {}
        for name, header in declared.items() if isinstance(declared, dict) else ():
            target = self.references.follow(header, place / "headers" / name)
            if target is not None and isinstance(target.value, dict) and not is_of_edge(target.value):
                found[name] = self._parameter(name, "header", target.value, target.place)
        return found


def is_of_edge(value: Plain) -> bool:
    """Whether an answer, a header or a media type is marked as an edge's own: the API that is behind it has none of it."""
    return isinstance(value, dict) and value.get(OF_EDGE) is True


def _operations(item: _Object, place: Place) -> Iterator[tuple[str, _Object, Place]]:
    for method in METHODS:
        operation = item.get(method)
        if isinstance(operation, dict):
            yield method.upper(), operation, place / method
    further = item.get("additionalOperations")  # OpenAPI 3.2
    for method, operation in further.items() if isinstance(further, dict) else ():
        if isinstance(operation, dict):
            yield method, operation, place / "additionalOperations" / method


def _read_encoding(media: dict[str, Plain], place: Place, references: References) -> dict[str, Encoding]:
    """By the property's name."""
    declared = media.get("encoding")
    return {
        name: _encoding(value, place / "encoding" / name, references)
        for name, value in (declared.items() if isinstance(declared, dict) else ())
        if isinstance(value, dict)
    }


def _encoding(value: dict[str, Plain], place: Place, references: References) -> Encoding:
    content_type, style, explode = (value.get(key) for key in ("contentType", "style", "explode"))
    headers = value.get("headers")
    required_place = place / "headers"
    required: set[str] = set()
    for name, header in headers.items() if isinstance(headers, dict) else ():
        target = references.follow(header, required_place / name)
        if target is not None and isinstance(target.value, dict) and target.value.get("required") is True:
            required.add(name.lower())
    return Encoding(
        content_type=content_type if isinstance(content_type, str) else "",
        style=style if isinstance(style, str) else "",
        explode=explode if isinstance(explode, bool) else None,
        headers=frozenset(required),
    )
