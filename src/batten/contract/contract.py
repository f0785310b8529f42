"""The nouns of a contract. Locations are asked of the contract, for most are never needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from batten.contract.references import References
from batten.contract.source import Place
from batten.formats.tree import Plain
from batten.model import Location
from batten.model.record import record


@record
class Server:
    """`url` has its variables replaced by their defaults; None where one has no default."""

    url: str | None
    written: str
    place: Place
    settled: bool = False  # a variable stands for its scheme, and all that it may be is the same
    description: str = ""
    paths: tuple[
        str, ...
    ] = ()  # under which it offers the API, without their last slash; that of the defaults first
    schemes: tuple[tuple[str, Place], ...] = ()  # the other values of a variable that stands for its scheme


@record
class Schema:
    """A schema as it is written; the code that walks it follows its references."""

    place: Place
    value: Plain


@record
class Encoding:
    """How one property of a form is written. `explode` is None where nothing is said."""

    content_type: str = ""  # one or more media types or ranges, with commas between
    style: str = ""
    explode: bool | None = None
    headers: frozenset[str] = frozenset()  # those that are required, in lower case


@record
class Media:
    """One media type of a body. Without a schema anything of that type goes."""

    media_type: str
    schema: Schema | None
    place: Place
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    of_items: bool = False  # the schema is of each item of a sequence (OpenAPI 3.2)


@record
class Body:
    media: Mapping[str, Media]
    required: bool
    place: Place


@record
class Parameter:
    """`style` is as written, "" where nothing is; in OpenAPI 2.0 it is the collectionFormat. `media_type` is the
    one of `content`, "" where the parameter has a schema of its own."""

    name: str
    location: str  # "query", "path", "header", "cookie", "querystring" (OpenAPI 3.2)
    required: bool
    schema: Schema | None
    place: Place
    style: str = ""
    explode: bool | None = None  # None: not written
    media_type: str = ""
    allow_empty: bool = False  # allowEmptyValue
    deprecated: bool = False


@record
class Response:
    """`status` is "200", "4XX" or "default". `known` is false where a reference is broken; `of_edge` is what is marked as an
    edge's own."""

    status: str
    media: Mapping[str, Media]
    headers: Mapping[str, Parameter]
    place: Place
    known: bool = True
    of_edge: bool = False


@record
class SecurityScheme:
    """As facts.SecurityScheme has it, with places instead of locations."""

    name: str
    kind: str
    scheme: str
    location: str
    flows: Mapping[str, Place]
    urls: Mapping[Place, str]
    place: Place
    scopes: frozenset[str] = frozenset()  # of oauth2, over all its flows
    deprecated: bool = False  # OpenAPI 3.2


@record
class Operation:
    """`security` lists alternatives, each the schemes demanded together: () demands nothing, and None
    is where neither the operation nor the document says anything."""

    method: str  # upper case
    path: str  # the template with the base path in front
    template: str  # as written
    place: Place
    at: Location
    operation_id: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    responses: Mapping[str, Response] = field(default_factory=dict)
    security: tuple[tuple[str, ...], ...] | None = None
    security_place: Place | None = None
    deprecated: bool = False
    choice: str = ""  # x-batten-choice: what of the user's this answer reveals
    choice_place: Place | None = None
    padding: int = 0  # x-batten-padding: the bucket in bytes that answers are filled up to
    others: tuple[
        str, ...
    ] = ()  # where it is, too: the template behind the further base paths of its servers
    of_edge: Mapping[str, Response] = field(
        default_factory=dict
    )  # x-batten-edge: what an edge answers itself

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def told(self) -> Mapping[str, Response]:
        """All that its callers may be answered: by the API, or by the edge in front of it."""
        return {**self.of_edge, **self.responses}


@record
class Contract:
    """One OpenAPI document with all the files it refers to."""

    path: str
    version: str
    title: str
    servers: tuple[Server, ...]  # of the document, its paths and operations
    base_path: str
    schemes: tuple[SecurityScheme, ...]
    operations: tuple[Operation, ...]
    references: References = field(compare=False, repr=False)

    @property
    def is_modern(self) -> bool:
        """Whether its schemas are JSON Schema 2020-12 (OpenAPI 3.1 and later)."""
        return not self.version.startswith(("2.", "3.0"))

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(self.references.sources.files)

    def block(self, place: Place) -> Location:
        """The thing at a place with its key, as Kind.BLOCK."""
        return self.references.sources.block(place)

    def value(self, place: Place) -> Location:
        """The value at a place, as Kind.VALUE."""
        return self.references.sources.value(place)
