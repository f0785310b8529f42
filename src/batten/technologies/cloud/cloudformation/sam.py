"""What AWS SAM makes of its resources: those of CloudFormation that they stand for, with Globals."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table

from batten.formats import Mapping
from batten.model import Span
from batten.model.record import record
from batten.technologies.cloud.cloudformation.resources import Held, Layer, Resource
from batten.technologies.cloud.cloudformation.template import Template

_PREFIX = "AWS::Serverless::"
GLOBALS = ("Function", "Api", "HttpApi", "WebSocketApi", "SimpleTable", "StateMachine")


@record
class Made:
    """`below`: the property that it is made of, and only if it is there; `renames`: CloudFormation's name of
    a property to SAM's."""

    of: str
    type: str
    below: str = ""
    renames: Table[str, tuple[str, ...]] | None = None


# The role that is made where none is named: names of AWS's policies are among the statements.
_ROLE: Table[str, tuple[str, ...]] = {"ManagedPolicyArns": ("Policies",)}
_MADE = (
    Made("Function", "AWS::Lambda::Function"),
    Made("Function", "AWS::Lambda::Url", "FunctionUrlConfig"),
    Made("SimpleTable", "AWS::DynamoDB::Table"),
    Made(
        "Api",
        "AWS::ApiGateway::RestApi",
        "",
        {"Body": ("DefinitionBody",), "BodyS3Location": ("DefinitionUri",)},
    ),
    Made("Api", "AWS::ApiGateway::Stage"),
    Made("Api", "AWS::ApiGateway::DomainName", "Domain"),
    Made(
        "HttpApi",
        "AWS::ApiGatewayV2::Api",
        "",
        {"Body": ("DefinitionBody",), "BodyS3Location": ("DefinitionUri",)},
    ),
    Made("HttpApi", "AWS::ApiGatewayV2::Stage"),
    Made("HttpApi", "AWS::ApiGatewayV2::DomainName", "Domain"),
    Made("WebSocketApi", "AWS::ApiGatewayV2::Api"),
    Made("WebSocketApi", "AWS::ApiGatewayV2::Stage"),
    Made("WebSocketApi", "AWS::ApiGatewayV2::DomainName", "Domain"),
    Made("StateMachine", "AWS::StepFunctions::StateMachine", "", {"LoggingConfiguration": ("Logging",)}),
    Made("Function", "AWS::IAM::Role", "", _ROLE),
    Made("StateMachine", "AWS::IAM::Role", "", _ROLE),
)


def expanded(resource: Resource) -> Iterator[Resource]:
    """The resource with Globals below it, and what SAM makes of it."""
    kind = resource.type.removeprefix(_PREFIX)
    if kind == resource.type or kind not in GLOBALS:
        yield resource
        return
    whole = over(resource, globals_of(resource.template, kind))
    yield whole
    for made in _MADE:
        if made.of == kind and (not made.below or isinstance(whole.held(made.below), Held)):
            yield _made(whole, made)
    for statements in whole.each("Policies"):
        statements.type, statements.renames = "AWS::IAM::Policy", {"PolicyDocument": ()}
        yield statements


def globals_of(template: Template, kind: str) -> Layer | None:
    node = template.section("Globals").mapping(kind)
    return Layer(node, ("Globals", kind)) if node is not None else None


def over(resource: Resource, below: Layer | None) -> Resource:
    layers = resource.layers if below is None else (*resource.layers, below)
    return _copy(resource, resource.type, layers, resource.address, resource.span)


def _made(resource: Resource, made: Made) -> Resource:
    if not made.below:
        return _copy(
            resource, made.type, resource.layers, resource.address, resource.span, made.renames or {}
        )
    layers, span = [], resource.span
    for number, layer in enumerate(resource.layers):
        node = layer.node[made.below] if isinstance(layer.node, Mapping) else None
        path = None if layer.path is None else (*layer.path, made.below)
        if number == 0 and node is not None:
            entry_node = layer.node
            entry = entry_node.entry(made.below) if isinstance(entry_node, Mapping) else None
            span = entry_node.span if entry is None else entry.span
        if number == 0 or node is not None:
            layers.append(Layer(node or Mapping({}, Span(resource.span.end, resource.span.end)), path))
    return _copy(resource, made.type, tuple(layers), f"{resource.address}/{made.below}", span)


def _copy(
    resource: Resource,
    type_: str,
    layers: tuple[Layer, ...],
    address: str,
    span: Span,
    renames: Table[str, tuple[str, ...]] | None = None,
) -> Resource:
    return Resource(
        resource.template, resource.declared, resource.evaluator, type_, address, layers, span, renames or {}
    )
