"""The vocabulary of an API stack: what files declare and what answers show, in one form.

A fact carries effective values: inheritance, includes, defaults and overrides are already resolved by
its reader. `at` is the thing the fact is about (Kind.BLOCK in a file, Kind.WIRE on the wire); each
Setting has a place of its own. Facts import the standard library only.
"""

from batten.facts.api import (
    Api,
    MessageServer,
    Operation,
    Outgoing,
    Parameter,
    PayloadSchema,
    ResponseBody,
    SecurityDemand,
    SecurityScheme,
    WorkflowStep,
)
from batten.facts.application import AppRoute, AppSettings, ConnectionString, Feature, Peer, Trait, Verifying
from batten.facts.cloud import (
    Admission,
    Admitted,
    ApiLog,
    AuditLog,
    Bucket,
    BucketStatement,
    CloudApi,
    DataService,
    FirewallRule,
    Grant,
    Machine,
    ManagedUpdates,
    PublicAccessBlock,
    Safeguard,
)
from batten.facts.cluster import Allowed, Daemon, PodNetwork, PodPolicy, Role, RoleBinding, RoleRule
from batten.facts.component import Component, Package
from batten.facts.cors import CorsPolicy, OriginKind, OriginRule
from batten.facts.edge import AccessLog, AccessRule, Limits, Listener, Route, Upstream, WebRoot
from batten.facts.exposure import Endpoint, ExposedFile, Holds, Listing, Opening
from batten.facts.fact import Fact, in_context
from batten.facts.headers import Banner, Content, Cookie, ResponseHeaders, SentHeader, of_all
from batten.facts.orchestration import (
    BuildContext,
    BuildStep,
    Image,
    Mount,
    Network,
    PublishedPort,
    Workload,
)
from batten.facts.pipeline import BorrowedCode, InterpolatedText, PipelineStep
from batten.facts.provider import Provider
from batten.facts.secret import Guess, Secret
from batten.facts.stack import Behind, Observed, Stack, Unparsed, Waived
from batten.facts.store import Clients, LoginRule, Store
from batten.facts.technology import Recognised, Stage
from batten.facts.tls import Certificate, Issuer, TlsOffer, TlsTraits
from batten.facts.token import Forgery, TokenAccepted, TokenShape
from batten.facts.wire import (
    CorsObserved,
    ErrorBody,
    MethodOverride,
    ObservedAnswer,
    PlainAnswer,
    SecurityContact,
    SocketOpened,
    VerbAnswer,
)

__all__ = [
    "AccessLog",
    "AccessRule",
    "Admission",
    "Admitted",
    "Allowed",
    "Api",
    "ApiLog",
    "AppRoute",
    "AppSettings",
    "AuditLog",
    "Banner",
    "Behind",
    "BorrowedCode",
    "Bucket",
    "BucketStatement",
    "BuildContext",
    "BuildStep",
    "Certificate",
    "Clients",
    "CloudApi",
    "Component",
    "ConnectionString",
    "Content",
    "Cookie",
    "CorsObserved",
    "CorsPolicy",
    "Daemon",
    "DataService",
    "Endpoint",
    "ErrorBody",
    "ExposedFile",
    "Fact",
    "Feature",
    "FirewallRule",
    "Forgery",
    "Grant",
    "Guess",
    "Holds",
    "Image",
    "InterpolatedText",
    "Issuer",
    "Limits",
    "Listener",
    "Listing",
    "LoginRule",
    "Machine",
    "ManagedUpdates",
    "MessageServer",
    "MethodOverride",
    "Mount",
    "Network",
    "Observed",
    "ObservedAnswer",
    "Opening",
    "Operation",
    "OriginKind",
    "OriginRule",
    "Outgoing",
    "Package",
    "Parameter",
    "PayloadSchema",
    "Peer",
    "PipelineStep",
    "PlainAnswer",
    "PodNetwork",
    "PodPolicy",
    "Provider",
    "PublicAccessBlock",
    "PublishedPort",
    "Recognised",
    "ResponseBody",
    "ResponseHeaders",
    "Role",
    "RoleBinding",
    "RoleRule",
    "Route",
    "Safeguard",
    "Secret",
    "SecurityContact",
    "SecurityDemand",
    "SecurityScheme",
    "SentHeader",
    "SocketOpened",
    "Stack",
    "Stage",
    "Store",
    "TlsOffer",
    "TlsTraits",
    "TokenAccepted",
    "TokenShape",
    "Trait",
    "Unparsed",
    "Upstream",
    "VerbAnswer",
    "Verifying",
    "Waived",
    "WebRoot",
    "WorkflowStep",
    "Workload",
    "in_context",
    "of_all",
]
