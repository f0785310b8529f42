"""S3 buckets, joined from the resources that configure them.

Defaults (Amazon S3 user guide): since January 2023 every object is encrypted with the service's own key
unless another is named, and since April 2023 a new bucket has all four public-access blocks on and its ACLs
off. A Terraform resource that sets some of the blocks turns the others off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from batten.facts import Bucket, BucketStatement, CorsPolicy, PublicAccessBlock
from batten.formats.hcl import Attribute, Block, Body
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.cloud.terraform.bucket_parts import BUCKET, elsewhere, exists, log_targets, parts
from batten.technologies.cloud.terraform.documents import KIND
from batten.technologies.cloud.terraform.dynamic import expanded
from batten.technologies.cloud.terraform.evaluate import Evaluator, Reference, Value
from batten.technologies.cloud.terraform.module import Declared, Module
from batten.technologies.cloud.terraform.resources import handed_on, plain
from batten.technologies.cloud.terraform.walk import spans
from batten.technologies.shared.aws.access.documents import Statement, complete
from batten.technologies.shared.aws.buckets import (
    EVERYBODY,
    meant_public,
    open_to_all,
    origins,
    statements,
    tls_only,
)
from batten.technologies.shared.aws.policies import placed

T = TypeVar("T")
_FLAGS = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")


@dataclass(slots=True)
class View:
    """One bucket and the resources that are about it."""

    module: Module
    evaluator: Evaluator
    bucket: Declared

    @property
    def pointer(self) -> str:
        return f"{BUCKET}.{self.bucket.name}"

    def at(self, name: str = "") -> Location:
        return self.bucket.whole(f"{self.pointer}/{name}" if name else self.pointer)

    def part(self, kind: str) -> Declared | Unknown | None:
        """The resource of a kind that configures this bucket. UNKNOWN when one may, and it cannot be told."""
        found = parts(self.module, f"{BUCKET}_{kind}")
        part = found.of(self.address, self.called())
        if part is not None:
            return expanded(part, self.evaluator)
        doubtful = found.unclear or not self.module.complete or self._elsewhere(f"{BUCKET}_{kind}")
        return UNKNOWN if doubtful else None

    @property
    def address(self) -> str:
        return Reference(BUCKET, self.bucket.name, "", False, self.module.address).address

    def _elsewhere(self, kind: str) -> bool:
        """Whether another module has the resource of that kind, or may have it."""
        tree = self.module.tree
        if tree is None:
            return False
        return self.address in handed_on(tree) or elsewhere(tree, self.module, kind, self.address)

    def called(self) -> str | None:
        named = self.bucket.body.attributes.get("bucket")
        value = self.evaluator.value(named.expression) if named else None
        return value if isinstance(value, str) else None

    def value(self, attribute: Attribute) -> Value:
        return self.evaluator.value(attribute.expression)

    def setting(
        self,
        declared: Declared,
        body: Body,
        name: str,
        default: T | Absent,
        read: Callable[[Value], T | Unknown],
        pointer: str,
    ) -> Setting[T]:
        attribute = body.attributes.get(name)
        here = f"{self.pointer}/{pointer}"
        if attribute is None:
            return Setting(ABSENT, declared.whole(here), default)
        value = self.value(attribute)
        if value is None:  # null is as if it were not there
            return Setting(ABSENT, declared.value(attribute, here), default)
        return Setting(read(value), declared.value(attribute, here))


def views(module: Module) -> Iterator[View]:
    evaluator = Evaluator(module)
    for declared in module.of(BUCKET):
        if exists(declared, evaluator):
            yield View(module, evaluator, expanded(declared, evaluator))


def view(module: Module, name: str) -> View | None:
    """The bucket of that name, where it is or may be made."""
    declared, evaluator = module.resources.get((BUCKET, name)), Evaluator(module)
    if declared is None or not exists(declared, evaluator):
        return None
    return View(module, evaluator, expanded(declared, evaluator))


def buckets(module: Module, more: Iterable[View] = ()) -> Iterator[Bucket]:
    """The buckets of a module, and of `more`: those that it configures and that are declared elsewhere."""
    held = [*views(module), *more]
    targets = log_targets(module) if held else set()
    for view in held:
        written = policy_of(view)
        if written is None:
            admitting: Setting[tuple[BucketStatement, ...]] = Setting(ABSENT, view.at("policy"))
        elif isinstance(written, Unknown) or not (written.statements or written.whole):
            admitting = Setting(UNKNOWN, view.at("policy") if isinstance(written, Unknown) else written.at)
        else:
            admitting = Setting(statements(written.statements), written.at)
        acl, block = _acl(view), _access_block(view)
        website = _present(view, "website", "website_configuration")
        # A bucket that takes others' logs is not asked to log into itself.
        setting = _present(view, "logging", "logging")
        part = view.part("versioning")
        if isinstance(part, Unknown):
            versioning: Setting[bool] = Setting(UNKNOWN, view.at("versioning"))
        else:
            lock = view.bucket.body.attributes.get("object_lock_enabled")
            if lock is not None and view.value(lock) is True:
                versioning = Setting(True, view.bucket.value(lock, f"{view.pointer}/versioning"))
            elif part is not None:
                inner = part.body.first("versioning_configuration")
                body = inner.body if inner else part.body
                versioning = view.setting(part, body, "status", False, _enabled, "versioning")
            else:
                inline = view.bucket.body.first("versioning")
                if inline is not None:
                    versioning = view.setting(view.bucket, inline.body, "enabled", False, truth, "versioning")
                else:
                    versioning = Setting(ABSENT, view.at("versioning"), False)
        public = open_to_all(acl, admitting)
        cors: list[CorsPolicy] = []
        cors_part = view.part("cors_configuration")
        declared = view.bucket if cors_part is None else cors_part
        if not isinstance(declared, Unknown):
            for rule in declared.body.all("cors_rule"):
                pointer = f"{view.pointer}/cors_rule"
                at = declared.place(rule.span, pointer, Kind.BLOCK)
                methods = view.setting(
                    declared, rule.body, "allowed_methods", _NONE, words, "cors_rule/methods"
                )
                headers = view.setting(
                    declared, rule.body, "allowed_headers", _NONE, words, "cors_rule/headers"
                )
                listed = view.setting(
                    declared, rule.body, "allowed_origins", _NONE, words, "cors_rule/origins"
                )
                cors.append(
                    CorsPolicy(
                        at,
                        origins=origins(listed),
                        credentials=Setting(ABSENT, at, False),
                        methods=methods,
                        headers=headers,
                        varies=Setting(True, at),
                        public=public and set(methods.known(("?",))) <= {"GET", "HEAD"},
                        store=True,
                    )
                )
        yield Bucket(
            view.at(),
            name=view.bucket.shown,
            provider="aws",
            acl=acl,
            access_block=block,
            statements=admitting,
            encryption=_encryption(view),
            versioning=versioning,
            logging=Setting(UNKNOWN, setting.at)
            if view.bucket.name in targets and setting.value is ABSENT
            else setting,
            tls_only=_tls_only(view, written),
            website=website,
            assets=meant_public(
                website.known(False) or _dynamic(view.bucket, "website"),
                _is_origin(view),
                view.bucket.name,
                view.called() or "",
            ),
            cors=tuple(cors),
            expires=expires(view),
        )


def _is_origin(view: View) -> bool:
    """Whether a distribution of CloudFront reads the bucket as anyone does: without an access control or an identity."""
    for distribution in view.module.of("aws_cloudfront_distribution"):
        for origin in distribution.body.all("origin"):
            named = origin.body.attributes.get("domain_name")
            value = view.value(named) if named is not None else None
            identities = (
                b.body.attributes.get("origin_access_identity") for b in origin.body.all("s3_origin_config")
            )
            signs = "origin_access_control_id" in origin.body.attributes or any(identities)
            if isinstance(value, Reference) and value.address == view.address and not signs:
                return True
    return False


def text(value: Value) -> str | Unknown:
    return value if isinstance(value, str) else UNKNOWN


def truth(value: Value) -> bool | Unknown:
    if isinstance(value, bool):
        return value
    return value == "true" if value in ("true", "false") else UNKNOWN


def words(value: Value) -> tuple[str, ...] | Unknown:
    if not isinstance(value, list):
        return UNKNOWN
    known = tuple(v for v in value if isinstance(v, str))
    return known if len(known) == len(value) else UNKNOWN


def _acl(view: View) -> Setting[str]:
    """The canned ACL, or "public-read" for a grant to everybody (or to every AWS account)."""
    part = view.part("acl")
    if isinstance(part, Unknown):
        return Setting(UNKNOWN, view.at("acl"))
    # Whether the bucket's owner owns all objects: then S3 rejects ACLs, and those that are there have no effect.
    # Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    without_part = view.part("ownership_controls")
    rules = without_part.body.all("rule") if isinstance(without_part, Declared) else []
    owned = (rule.body.attributes.get("object_ownership") for rule in rules)
    without_acls = any(o is not None and view.value(o) == "BucketOwnerEnforced" for o in owned)
    if without_acls:
        return Setting(ABSENT, view.at("acl"), "private")
    declared = part or view.bucket
    for grant in _grants(declared.body):
        uri = grant.body.attributes.get("uri")
        value = view.value(uri) if uri else None
        if uri and isinstance(value, str) and EVERYBODY.search(value):
            return Setting(
                "public-read", declared.place(uri.expression.span, f"{view.pointer}/grant", Kind.VALUE)
            )
    return view.setting(declared, declared.body, "acl", "private", text, "acl")


def _grants(body: Body) -> Iterator[Block]:
    yield from (g for g in body.all("grant"))
    for outer in body.all("access_control_policy"):
        for grant in outer.body.all("grant"):
            yield from grant.body.all("grantee")


def _access_block(view: View) -> PublicAccessBlock | None:
    """What the bucket or its account blocks. None where the cloud's default, or an unknown part, decides."""
    # The flags that are on for the whole account.
    found: set[str] = set()
    for account_declared in view.module.of("aws_s3_account_public_access_block"):
        held = ((name, account_declared.body.attributes.get(name)) for name in _FLAGS)
        found |= {name for name, a in held if a is not None and view.value(a) is True}
    part, account = view.part("public_access_block"), found
    if (part is None or isinstance(part, Unknown)) and not account:
        return None
    declared = part if isinstance(part, Declared) else view.bucket
    acls, ignored, policy, restricted = (_flag(view, part, name, name in account) for name in _FLAGS)
    return PublicAccessBlock(
        declared.whole(f"{view.pointer}/public_access_block"),
        block_acls=acls,
        ignore_acls=ignored,
        block_policy=policy,
        restrict_buckets=restricted,
    )


def _flag(view: View, part: Declared | Unknown | None, name: str, by_account: bool) -> Setting[bool]:
    """The stricter of what the bucket and its account say holds."""
    if by_account or not isinstance(part, Declared):
        return Setting(True if by_account else UNKNOWN, view.at(name))
    return view.setting(part, part.body, name, False, truth, name)


def policy_of(view: View) -> Policy | Unknown | None:
    """The bucket's policy: of its own resource, or inline as the provider's version 3 had it."""
    part = view.part("policy")
    declared = view.bucket if part is None else part
    if isinstance(declared, Unknown):
        return UNKNOWN
    attribute = declared.body.attributes.get("policy")
    if attribute is None:
        return None if part is None else UNKNOWN
    return policy(declared, attribute, f"{view.pointer}/policy", view.evaluator)


def _tls_only(view: View, written: Policy | Unknown | None) -> Setting[bool]:
    if written is None:  # services that only speak the protocol may have no bucket policies
        return Setting(UNKNOWN if _foreign(view.module) else ABSENT, view.at("policy"), False)
    if isinstance(written, Unknown):
        return Setting(UNKNOWN, view.at("policy"))
    found = tls_only(written.statements, written.at)
    return found if written.whole or found.known(False) else Setting(UNKNOWN, written.at)


def _encryption(view: View) -> Setting[str]:
    """AWS encrypts by itself; a service that only speaks its protocol may not."""
    part = view.part("server_side_encryption_configuration")
    if isinstance(part, Unknown):
        return Setting(UNKNOWN, view.at("encryption"))
    declared = part or view.bucket
    for block in declared.body.walk():
        algorithm = block.body.attributes.get("sse_algorithm")
        if algorithm is not None:
            at = declared.value(algorithm, f"{view.pointer}/encryption")
            return Setting(text(view.value(algorithm)), at)
    if part is not None:
        return Setting(UNKNOWN, declared.whole(f"{view.pointer}/encryption"))
    return Setting(ABSENT, view.at("encryption"), ABSENT if _foreign(view.module) else "AES256")


def _foreign(module: Module) -> bool:
    """Whether the provider, the module's own or its caller's, talks to a service other than AWS."""
    if any("s3" in e.body.attributes for p in module.providers for e in p.body.all("endpoints")):
        return True
    return not module.providers and module.caller is not None and _foreign(module.caller.module)


def _enabled(value: Value) -> bool | Unknown:
    return value == "Enabled" if isinstance(value, str) else UNKNOWN


def _present(view: View, kind: str, resource: str) -> Setting[bool]:
    part = view.part(resource)
    if isinstance(part, Unknown):
        return Setting(UNKNOWN, view.at(kind))
    if part is not None:
        return Setting(True, part.whole(f"{view.pointer}/{kind}"))
    inline = view.bucket.body.first(kind)
    if inline is not None:
        return Setting(True, view.bucket.place(inline.span, f"{view.pointer}/{kind}", Kind.BLOCK))
    return Setting(UNKNOWN if _dynamic(view.bucket, kind) else ABSENT, view.at(kind), False)


def _dynamic(declared: Declared, kind: str) -> bool:
    return any(b.labels == [kind] for b in declared.body.all("dynamic"))


_NONE: tuple[str, ...] = ()


@record
class Policy:
    """Its statements, each with its place; `whole`: those are all. `at` is the policy as a whole."""

    statements: list[tuple[Statement, Location]]
    at: Location
    whole: bool


def policy(declared: Declared, attribute: Attribute, pointer: str, evaluator: Evaluator) -> Policy:
    """The policy of an attribute: `jsonencode({…})`, a JSON text, or a policy document of the module's."""
    at = declared.value(attribute, pointer)
    value = evaluator.value(attribute.expression)
    source, held_in = declared, spans(attribute.expression, "Statement")
    if isinstance(value, Reference) and value.data and value.kind == KIND:
        document = evaluator.module.data.get((KIND, value.name))
        if document is not None:
            at, source = document.whole(pointer), document
            held_in = [block.span for block in document.body.all("statement")]
    held = plain(value, evaluator.module)
    written = [source.place(span, pointer, Kind.VALUE) for span in held_in]
    found = placed(Setting(held, at), written)
    if len(written) != len(found):
        found = [(one, replace(place, kind=Kind.VALUE)) for one, place in found]
    return Policy(found, at, complete(held))


def expires(view: View) -> bool:
    """Whether a rule of the bucket's life cycle is for every object, and deletes it.

    Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket_lifecycle_configuration
    """
    part = view.part("lifecycle_configuration")
    if isinstance(part, Unknown):
        return False
    rules = part.body.all("rule") if part is not None else view.bucket.body.all("lifecycle_rule")
    return any(_in_force(view, rule.body) and _unfiltered(view, rule.body) for rule in rules)


def _in_force(view: View, rule: Body) -> bool:
    states = [view.value(a) for name in ("status", "enabled") if (a := rule.attributes.get(name))]
    ends = [
        end for block in rule.all("expiration") for end in ("days", "date") if end in block.body.attributes
    ]
    return bool(ends) and states in (["Enabled"], [True])


def _unfiltered(view: View, rule: Body) -> bool:
    bodies = (rule, *(block.body for block in rule.all("filter")))
    narrowed = [
        a for body in bodies for name, a in body.attributes.items() if name not in ("id", "status", "enabled")
    ]
    inner = [block for body in bodies[1:] for block in body.walk()]
    return not inner and all(view.value(attribute) in ("", None) for attribute in narrowed)
