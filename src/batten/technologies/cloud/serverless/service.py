"""A service: the resources that it declares, and those that the framework makes of its functions and its provider."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table

from batten.formats import Mapping, Node, Scalar, Sequence, Workspace
from batten.model import Span
from batten.model.record import record
from batten.technologies import Unit
from batten.technologies.cloud.cloudformation.intrinsics import Evaluator
from batten.technologies.cloud.cloudformation.resources import Held, Layer, Resource, Stack, resource_of
from batten.technologies.cloud.cloudformation.template import Declared, Template, declared_in, document_of
from batten.technologies.cloud.serverless.variables import Variables

_FUNCTION: Table[str, tuple[str, ...]] = {
    "Runtime": ("runtime",),
    "Environment/Variables": ("environment",),
    "KmsKeyArn": ("kmsKeyArn",),
}
# Buckets of the provider have CloudFormation's properties in camel case.
_BUCKET: Table[str, tuple[str, ...]] = {
    name: (name[0].lower() + name[1:],)
    for name in (
        "AccessControl", "BucketEncryption", "CorsConfiguration", "LifecycleConfiguration", "LoggingConfiguration",
        "OwnershipControls", "PublicAccessBlockConfiguration", "VersioningConfiguration", "WebsiteConfiguration",
    )
}  # fmt: skip
_STATEMENTS = (("iam", "role", "statements"), ("iamRoleStatements",))
_MANAGED = (("iam", "role", "managedPolicies"), ("iamManagedPolicies",))


@record
class Service:
    """`provider` is None where it is not AWS."""

    stack: Stack
    provider: Resource | None
    functions: tuple[Resource, ...]


def service(unit: Unit, workspace: Workspace) -> Service | None:
    """The service of a file; None where it is none. Raises Unreadable and SyntaxProblem."""
    return workspace.kept(("serverless", unit), lambda: _service(unit.main, workspace))


def _service(path: str, workspace: Workspace) -> Service | None:
    document = document_of(workspace, path)
    root = document.tree
    if not isinstance(root, Mapping) or "provider" not in root or "service" not in root:
        return None
    template = Template(document.source, root)
    variables = Variables(root).filled
    stack = Stack(
        template,
        Evaluator(template, variables=variables),
        Evaluator(template, firm=True, variables=variables),
    )
    _declare(template, root)
    for declared in template.resources.values():
        if stack.exists(declared) is not False:
            stack.made.append(resource_of(declared, stack))
    provider = _provider(stack, root)
    functions = tuple(_functions(stack, root, provider)) if provider is not None else ()
    if provider is not None:
        stack.made += [made for holder in (provider, *functions) for made in _made(holder)]
        stack.made += _domains(stack, root)
        stack.made += _buckets(stack, root)
    return Service(stack, provider, functions)


def _declare(template: Template, root: Mapping) -> None:
    """`resources` is a template, or a list of parts of one; a part that stands elsewhere may declare more."""
    held = root["resources"]
    parts: list[tuple[tuple[str | int, ...], Node]] = []
    if isinstance(held, Sequence):
        parts = [(("resources", number), item) for number, item in enumerate(held)]
    elif held is not None:
        parts = [(("resources",), held)]
    template.base = next((path for path, part in parts if isinstance(part, Mapping)), ("resources",))
    for path, part in parts:
        section = part["Resources"] if isinstance(part, Mapping) else None
        if not isinstance(section, Mapping):
            template.complete = template.complete and not isinstance(part, Scalar) and section is None
            continue
        for declared in declared_in(section, (*path, "Resources"), (), template):
            template.resources.setdefault(declared.name, declared)


def _provider(stack: Stack, root: Mapping) -> Resource | None:
    entry = root.entry("provider")
    if entry is None:
        return None
    if isinstance(entry.value, Scalar):  # its name alone
        body = Mapping({}, entry.value.span)
        return (
            _part(stack, "provider", body, ("provider",), entry.span) if entry.value.text == "aws" else None
        )
    held = entry.value
    if not isinstance(held, Mapping) or (held.text("name") or "").lower() != "aws":
        return None
    return _part(stack, "provider", held, ("provider",), entry.span)


def _part(
    stack: Stack, address: str, body: Mapping, path: tuple[str | int, ...], span: Span, *below: Layer
) -> Resource:
    """Something that the framework makes resources of; `path` is where it is in the file."""
    name = str(path[-1])
    declared = Declared(name, body, path, span)
    layers = (Layer(body, path), *below)
    return Resource(stack.template, declared, stack.evaluator, "", address, layers, span)


def _functions(stack: Stack, root: Mapping, provider: Resource) -> Iterator[Resource]:
    held = root["functions"]
    parts = enumerate(held.items) if isinstance(held, Sequence) else [(-1, held)]
    for number, part in parts:
        outer = ("functions",) if number < 0 else ("functions", number)
        for entry in part if isinstance(part, Mapping) else ():
            if isinstance(entry.value, Mapping):
                name, path = entry.key.text, (*outer, entry.key.text)
                yield _part(stack, f"functions/{name}", entry.value, path, entry.span, *provider.layers)


def _made(holder: Resource) -> Iterator[Resource]:
    own = (holder.layers[0],)
    if holder.address != "provider":
        yield _as(holder, "AWS::Lambda::Function", _FUNCTION, holder.layers)
    for way in _STATEMENTS:
        if isinstance(holder.held(*way), Held) and _is_own(holder, way):
            yield _as(
                holder, "AWS::IAM::Policy", {"PolicyDocument/Statement": way, "PolicyDocument": way}, own
            )
    for way in _MANAGED:
        if _is_own(holder, way):
            yield _as(holder, "AWS::IAM::Role", {"ManagedPolicyArns": way}, own)


def _is_own(holder: Resource, way: tuple[str, ...]) -> bool:
    return holder.template.has((*holder.declared.path, *way))


def _as(
    holder: Resource, type_: str, renames: Table[str, tuple[str, ...]], layers: tuple[Layer, ...]
) -> Resource:
    return Resource(
        holder.template,
        holder.declared,
        holder.evaluator,
        type_,
        holder.address,
        layers,
        holder.span,
        renames,
    )


def _domains(stack: Stack, root: Mapping) -> Iterator[Resource]:
    """Domains of the plugin serverless-domain-manager."""
    custom = root.mapping("custom")
    held = custom.mapping("customDomain") if custom is not None else None
    found: list[tuple[tuple[str | int, ...], Mapping]] = (
        [(("custom", "customDomain"), held)] if held is not None else []
    )
    for number, item in enumerate(custom.sequence("customDomains") or () if custom is not None else ()):
        for entry in item if isinstance(item, Mapping) else ():
            if isinstance(entry.value, Mapping):
                found.append((("custom", "customDomains", number, entry.key.text), entry.value))
    for path, body in found:
        address = "/".join(map(str, path))
        part = _part(stack, address, body, path, body.span)
        yield _as(part, "AWS::ApiGateway::DomainName", {"SecurityPolicy": ("securityPolicy",)}, part.layers)


def _buckets(stack: Stack, root: Mapping) -> Iterator[Resource]:
    """Buckets that the provider configures for the functions that they call, under the names that the framework gives them
    (https://www.serverless.com/framework/docs/providers/aws/guide/resources, "AWS CloudFormation Resource Reference")."""
    provider = root.mapping("provider")
    for entry in (provider.mapping("s3") if provider is not None else None) or ():
        if isinstance(entry.value, Mapping):
            plain = "".join(filter(str.isalnum, entry.key.text))
            declared = Declared(
                f"S3Bucket{plain[:1].upper()}{plain[1:]}",
                entry.value,
                ("provider", "s3", entry.key.text),
                entry.span,
            )
            layers = (Layer(entry.value, declared.path),)
            yield Resource(
                stack.template, declared, stack.evaluator, "AWS::S3::Bucket", f"provider/s3/{entry.key.text}", layers,
                entry.span, _BUCKET,
            )  # fmt: skip
