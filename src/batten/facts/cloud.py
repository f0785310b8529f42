"""Cloud services as infrastructure code declares them: buckets, firewalls, gateways, grants, data services."""

from __future__ import annotations

from enum import Enum

from batten.facts.cors import CorsPolicy
from batten.facts.fact import Fact
from batten.model import Setting, Unknown
from batten.model.record import record


@record(kw_only=True)
class PublicAccessBlock(Fact):
    block_acls: Setting[bool]
    ignore_acls: Setting[bool]
    block_policy: Setting[bool]
    restrict_buckets: Setting[bool]


class Admitted(Enum):
    """Who gets in by a statement of an access policy, from most to fewest."""

    EVERYONE = "everyone"
    ACCOUNTS = "every AWS account"
    SOURCES = "an AWS service on behalf of any account"  # the confused deputy
    SUBJECTS = "every subject of the identity provider"
    NAMED = "the principals that it names"
    NOBODY = "no principal"  # it denies, it names none, or other statements deny all that it allows


@record
class Admission:
    """Who a statement admits, once its conditions and all that denies are weighed; UNKNOWN: that cannot be told."""

    who: Admitted | Unknown
    actions: tuple[str, ...] = ()  # those that they get
    services: tuple[str, ...] = ()  # which AWS services, where it is they on behalf of others
    despite: tuple[str, ...] = ()  # keys of conditions, which any of them can satisfy
    unsure: tuple[str, ...] = ()  # what is not known: keys of conditions, or parts of the statement

    @property
    def public(self) -> bool:
        """Whether strangers use the resource themselves, or through a service."""
        return self.who in (Admitted.EVERYONE, Admitted.ACCOUNTS)


@record
class BucketStatement(Fact):
    admits: Admission


@record(kw_only=True)
class Bucket(Fact):
    """An object store's bucket, its split resources joined."""

    name: str
    provider: str
    acl: Setting[str]
    access_block: PublicAccessBlock | None  # None: no such resource (ABSENT); cloud default applies
    statements: Setting[tuple[BucketStatement, ...]]
    encryption: Setting[str]
    versioning: Setting[bool]
    logging: Setting[bool]
    tls_only: Setting[bool]
    website: Setting[bool]
    cors: tuple[CorsPolicy, ...] = ()
    assets: str = ""  # what says that its objects are meant for everyone, as a clause: "its website configuration shows"
    expires: bool = False  # a rule of its life cycle deletes every object after some days


@record(kw_only=True)
class FirewallRule(Fact):
    """A rule that lets traffic in. Ports are those it opens, both ends included."""

    group: str  # the security group, network ACL or endpoint that has it
    sources: Setting[tuple[str, ...]]  # networks in CIDR notation
    first: Setting[int]
    last: Setting[int]
    protocol: Setting[str]  # "tcp", "udp", "icmp" …; "all"
    stateless: bool = False  # answers need a rule of their own, so wide ranges of high ports are its nature
    authenticated: bool = False  # what listens there requires a credential of every client
    service: str = ""  # what its names say that outsiders connect to: "mail", "MQTT" …, where the ports are that service's
    inside: str = ""  # what alone has the group, where none of that has a public address: "VPC endpoints"


@record(kw_only=True)
class CloudApi(Fact):
    """A way into an application through a managed gateway, function URL or query service."""

    what: str  # "API Gateway method", "Lambda function URL" …
    name: str  # "GET /orders", the function's name
    authoriser: Setting[bool]  # something asks callers who they are
    keys_only: bool = False  # an API key is asked for, which identifies a plan, not a caller
    exempt: bool = False  # the route is taken out of its API's default authoriser, by name


@record(kw_only=True)
class ApiLog(Fact):
    """Whether a public API of the cloud writes down its requests, and is behind a firewall for them."""

    what: str
    name: str
    access: Setting[bool] | None = None
    firewall: Setting[bool] | None = None


@record
class Boundary:
    """A permissions boundary: a policy that limits what others grant to a role or user. `narrow`: it is known to give no
    change of every role and policy."""

    name: str
    narrow: bool = False


@record(kw_only=True)
class Grant(Fact):
    """One statement of a policy, or one policy that is attached whole.

    `kind`: "identity" (what the holder may do), "resource" (who may use the holder), "invoke" (who may call it), "trust"
    (who may become the holder). `excluded`: actions are those that are NOT granted (NotAction). `admits` is of all but
    identities, `actions` and `resources` are of them: less what another statement denies.
    """

    holder: str  # "role `deploy`", "queue `orders`"
    kind: str
    effect: Setting[str]
    admits: Admission | None = None
    actions: Setting[tuple[str, ...]]
    resources: Setting[tuple[str, ...]]
    conditioned: Setting[bool]
    excluded: bool = False
    managed: str = ""  # the vendor's policy that is attached, by name
    boundary: Boundary | None = None  # that all who have it are within


@record(kw_only=True)
class DataService(Fact):
    """A managed store, queue, disk or snapshot. None: the service has no such choice, or makes it itself."""

    service: str  # "RDS instance", "SQS queue" …
    name: str
    at_rest: Setting[bool] | None = None
    in_transit: Setting[bool] | None = None
    public: Setting[bool] | None = None
    authenticated: Setting[bool] | None = None
    weakly: bool = False  # the vendor encrypts the disks anyway: only a key of one's own is missing
    guarded: bool = False  # where it is public, requests must still be signed, or a firewall that is not known may refuse them
    dials: bool = False  # it is not what clients connect to: it connects itself, or is a link between parts of a service


@record
class Machine(Fact):
    """A virtual machine, or the template for some."""

    name: str
    metadata_tokens: Setting[bool]  # its metadata service answers only who holds a session token


@record(kw_only=True)
class ManagedUpdates(Fact):
    """Whether a managed service gets the vendor's patches, or says which ones are missing, by itself."""

    kind: str  # "minor": minor versions are installed; "scan": images are scanned when they are pushed
    service: str
    name: str
    on: Setting[bool]


@record(kw_only=True)
class Safeguard(Fact):
    """A safeguard that a cloud service offers beside encryption, networks and logs."""

    kind: str  # a key of `SAFEGUARDS` in controls/cloud_care.py
    service: str
    name: str
    on: Setting[bool]


@record(kw_only=True)
class AuditLog(Fact):
    """A record of what happens in an account or network."""

    what: str  # what is not recorded when it is off: "what happens in other regions"
    on: Setting[bool]
    needs_place: bool = False  # somebody must say where it is to be written
    switch: str = ""  # the variable, or condition, that makes it, which is off by default
