"""The configuration: one file for each subject."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import HardenProblem
from batten.harden.stack import APPLICATION, Stack
from batten.harden.terraform_aws import application, buckets, gateway, keys, logs, network, stores
from batten.harden.terraform_aws.hcl import Block, Raw, Value, block, text

_REMARKS = (
    "Written by `batten harden terraform-aws` from the contract and batten.yaml: change those, and generate it again.",
)
OFFERED = ("postgresql", "mariadb", "valkey")


def render(intent: Intent) -> Made:
    """Raises HardenProblem."""
    stack, edge = intent.stack, intent.edge
    for store in stack.stores:
        if store.kind not in OFFERED:
            raise HardenProblem(
                f"terraform-aws makes no managed {store.kind}; choose from {', '.join(OFFERED)}, or run it elsewhere"
            )
    subjects = {
        "versions.tf": _versions(),
        "variables.tf": _variables(stack, edge.names[0], gateway.asks_tokens(intent)),
        "keys.tf": keys.blocks(stack),
        "network.tf": network.blocks(stack),
        "logs.tf": logs.blocks(stack),
        "gateway.tf": gateway.blocks(intent, edge),
        "buckets.tf": buckets.blocks(),
        "application.tf": application.blocks(stack),
        **({"stores.tf": stores.blocks(stack)} if stack.stores else {}),
        "outputs.tf": _outputs(),
    }
    files = {name: text(blocks, *_REMARKS) for name, blocks in subjects.items()}
    return Made(files, (), tuple(_notes(intent)), {APPLICATION: stack.application.image})


def _versions() -> Iterator[Block]:
    provider: Block = block("required_providers", {"aws": {"source": "hashicorp/aws", "version": "~> 6.20"}})
    yield block("terraform", {"required_version": ">= 1.9"}, provider)
    tags = block("default_tags", {"tags": {"Project": Raw("var.name"), "ManagedBy": "terraform"}})
    yield Block(("provider", "aws"), {"region": Raw("var.region")}, (tags,))


def _variables(stack: Stack, host: str, tokens: bool) -> Iterator[Block]:
    rows: tuple[tuple[str, str, str | None, str], ...] = (
        (
            "name",
            "Name of the stack: small letters, digits and hyphens.",
            stack.name,
            r"^[a-z][a-z0-9-]{1,20}$",
        ),
        ("region", "AWS region.", "eu-central-1", r"^[a-z]{2}(-[a-z]+)+-[0-9]$"),
        ("domain", "Host name of the API.", host, r"^[a-z0-9.-]+$"),
        (
            "certificate_arn",
            "ARN of the certificate for the host name, in AWS Certificate Manager.",
            None,
            r"^arn:aws[a-z-]*:acm:",
        ),
        (
            "image",
            "Image of the API, by its digest.",
            stack.application.image or None,
            r"@sha256:[0-9a-f]{64}$",
        ),
    )
    zones: dict[str, Value] = {
        "description": "Letters of two availability zones of the region.",
        "type": Raw("list(string)"),
        "default": ["a", "b"],
    }
    pair = block(
        "validation", {"condition": Raw("length(var.zones) == 2"), "error_message": "zones: name two."}
    )
    yield Block(("variable", "zones"), zones, (pair,))
    if tokens:
        rows += (
            ("issuer", "URL of the issuer of tokens (https://…).", None, r"^https://"),
            ("audience", "Audience that tokens must name.", None, r"^[^[:space:]]+$"),
        )
    yield from itertools.starmap(_variable, rows)


def _variable(name: str, description: str, default: str | None, pattern: str) -> Block:
    body: dict[str, Value] = {"description": description, "type": Raw("string")}
    if default is not None:
        body["default"] = default
    condition = Raw(f'can(regex("{pattern}", var.{name}))')
    check = block("validation", {"condition": condition, "error_message": f"{name}: {description}"})
    return Block(("variable", name), body, (check,))


def _outputs() -> Iterator[Block]:
    told = {"target": "aws_apigatewayv2_domain_name.api.domain_name_configuration[0].target_domain_name"}
    for name, value in told.items():
        yield Block(
            ("output", name),
            {"description": "What the host name's CNAME record points to.", "value": Raw(value)},
        )


def _notes(intent: Intent) -> Iterator[str]:
    yield "the state holds identifiers, no password; keep it in a backend with encryption and locking (S3 with use_lockfile)"
    yield "API Gateway answers 404, not 405, for verbs that a path does not have"
    yield "AWS WAF does not take HTTP APIs; where you need it, put CloudFront with a web ACL in front of the domain"
    if sockets := intent.edge.sockets:
        yield f"{', '.join(path.template for path in sockets)}: HTTP APIs of API Gateway forward no WebSockets; they need an API of their own"
    for operation in gateway.unasked(intent):
        yield f"{operation}: API Gateway cannot ask for its credentials; the application must"
    for store in intent.stack.stores:
        if store.kind in ("postgresql", "mariadb"):
            yield f"the master password of {store.name} is made and rotated by RDS, in Secrets Manager; the task reads it from there"


__all__ = ["render"]
