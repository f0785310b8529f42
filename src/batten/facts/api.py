"""What a contract (OpenAPI) says about an API."""

from __future__ import annotations

from batten.facts.fact import Fact
from batten.model import Location, Setting
from batten.model.record import record


@record(kw_only=True)
class Api(Fact):
    """One contract document."""

    title: str
    version: str  # of OpenAPI: "2.0", "3.0.3", "3.1.0" …
    servers: tuple[Setting[str], ...]  # absolute or relative URLs, variables resolved by their defaults
    about: tuple[str, ...] = ()  # what the document calls each of the servers; "" where it says nothing
    asset_servers: tuple[Setting[str], ...] = ()  # those of paths that answer with images, fonts, styles
    alternatives: tuple[Setting[str], ...] = ()  # what the other values of variables make of servers


@record(kw_only=True)
class SecurityScheme(Fact):
    """A way to authenticate. `kind` is apiKey, http, oauth2, openIdConnect, mutualTLS or basic."""

    name: str
    kind: Setting[str]
    scheme: Setting[str]  # of http: basic, bearer, digest …
    place: Setting[str]  # of apiKey: header, query, cookie
    flows: tuple[Setting[str], ...] = ()  # oauth2: implicit, password, clientCredentials, authorizationCode
    urls: tuple[Setting[str], ...] = ()  # authorization, token, refresh, discovery
    deprecated: bool = False


@record(kw_only=True)
class SecurityDemand(Fact):
    """One list of security requirements, and what it names that is declared nowhere."""

    what: str  # "the contract", "GET /orders"
    undeclared: tuple[Setting[str], ...] = ()  # schemes
    apart: str = ""  # the contract that declares them not, where the list is in another one, which does
    scopes: tuple[Setting[str], ...] = ()  # scopes that no flow of their scheme declares


@record(kw_only=True)
class MessageServer(Fact):
    """A broker or server that messages go through, as a contract of messages (AsyncAPI) declares it."""

    name: str
    host: str  # "" when it is not known
    security: Setting[tuple[str, ...]]  # kinds of scheme, any of which will do; () is "explicitly none"
    shown: str = ""  # the credential that callers of each of its channels give as a parameter


@record
class Parameter(Fact):
    name: str
    place: str  # "query", "path", "header", "cookie"
    sensitive: bool  # its name says that it carries a credential


@record(kw_only=True)
class Outgoing(Fact):
    """A request that the API itself sends, as its contract describes it, or a document that is fetched for it."""

    name: str  # "the webhook `newOrder`", "the callback `onData` of `POST /streams`"
    url: Setting[str]  # ABSENT where the receiver registers it, or where a request says it
    chosen: Setting[str]  # the part of a client's request that names the host: "$request.body#/url"
    security: Setting[tuple[str, ...]]  # as an Operation's
    signed: bool  # a declared header carries a signature or a credential, or nothing is to be signed
    origin: str = ""  # the contract document's path
    parameters: tuple[Parameter, ...] = ()


@record(kw_only=True)
class WorkflowStep(Fact):
    """A call of a described workflow (Arazzo)."""

    name: str  # "step `pay` of the workflow `order`"
    calls: str  # the operation, as it is written
    declared: bool | None  # whether a source declares that operation; None: not known
    parameters: tuple[Parameter, ...] = ()


@record(kw_only=True)
class ResponseBody(Fact):
    """One declared answer of an operation: a status and a media type, and whether its schema is closed."""

    operation: str  # "GET /orders"
    status: str  # "200", "4XX", "default"
    media_type: str  # "" when the answer declares a body-less answer wrongly or none at all
    schema: Setting[bool]  # ABSENT: no schema is declared


@record(kw_only=True)
class PayloadSchema(Fact):
    """A schema that answers are made of, once for all answers that share it: a component, or one that is
    written in an answer itself."""

    name: str  # "Order", "200 of GET /orders"
    open_objects: tuple[Location, ...] = ()  # objects that admit undeclared properties, outermost first
    unbounded: tuple[Location, ...] = ()  # strings without maxLength/enum/format, arrays without maxItems
    shapeless: tuple[Location, ...] = ()  # objects that declare no property at all
    request: bool = False  # requests are made of it, and no answer
    undeclared: bool = False  # there is no schema: anything goes


@record(kw_only=True)
class Operation(Fact):
    method: str  # upper case
    path: str  # the template as written, with the document's base path in front
    statuses: tuple[str, ...]
    security: Setting[tuple[str, ...]]  # schemes demanded; () is "explicitly none"; ABSENT: nothing said
    operation_id: str = ""
    responses: tuple[ResponseBody, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    deprecated: bool = False
    error_bodies: Setting[bool] | None = None  # its 4xx, 5xx or default answers carry a schema
    choice: str = ""  # contract annotation x-batten-choice: the answer reveals a choice of the user's
    padded: Setting[bool] | None = None
    origin: str = ""  # the contract document's path
    guarded_apart: bool = (
        False  # the operation is in another contract, which demands credentials for all of its operations
    )

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"
