"""A network of its own without a way out but endpoints of AWS, and security groups with exactly the flows of the stack."""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.stack import APPLICATION, EDGE, Flow, Stack
from batten.harden.terraform_aws.hcl import Block, Raw, Value, block, resource

NETWORK, ENDPOINTS = "10.60.0.0/16", "endpoints"
SUBNETS: list[Value] = [Raw("aws_subnet.private[0].id"), Raw("aws_subnet.private[1].id")]
# What a task on Fargate calls: its image, its log, its secrets (https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html).
_SERVICES = ("ecr.api", "ecr.dkr", "logs", "secretsmanager")


def group(name: str) -> Raw:
    return Raw(f"aws_security_group.{_identifier(name)}.id")


def _identifier(name: str) -> str:
    return name.replace("-", "_")


def blocks(stack: Stack) -> Iterator[Block]:
    yield resource(
        "aws_vpc",
        "main",
        {
            "cidr_block": NETWORK,
            "enable_dns_support": True,
            "enable_dns_hostnames": True,
            "tags": {"Name": Raw("var.name")},
        },
    )
    subnet: dict[str, Value] = {
        "count": 2,
        "vpc_id": Raw("aws_vpc.main.id"),
        "cidr_block": Raw("cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)"),
        "availability_zone": Raw('"${var.region}${var.zones[count.index]}"'),
        "map_public_ip_on_launch": False,
        "tags": {"Name": Raw('"${var.name}-private-${count.index}"')},
    }
    yield resource("aws_subnet", "private", subnet)
    yield resource(
        "aws_route_table",
        "private",
        {"vpc_id": Raw("aws_vpc.main.id"), "tags": {"Name": Raw('"${var.name}-private"')}},
    )
    yield resource(
        "aws_route_table_association",
        "private",
        {
            "count": 2,
            "subnet_id": Raw("aws_subnet.private[count.index].id"),
            "route_table_id": Raw("aws_route_table.private.id"),
        },
    )
    yield resource(
        "aws_default_security_group",
        "closed",
        {"vpc_id": Raw("aws_vpc.main.id")},
        remark="Nothing may use it: it has no rules.",
    )
    common: dict[str, Value] = {"vpc_id": Raw("aws_vpc.main.id")}
    yield resource(
        "aws_vpc_endpoint",
        "interface",
        {
            "for_each": Raw(f"toset({_listed(_SERVICES)})"),
            **common,
            "service_name": Raw('"com.amazonaws.${var.region}.${each.key}"'),
            "vpc_endpoint_type": "Interface",
            "subnet_ids": SUBNETS,
            "security_group_ids": [group(ENDPOINTS)],
            "private_dns_enabled": True,
        },
    )
    # Layers of images lie in S3.
    yield resource(
        "aws_vpc_endpoint",
        "s3",
        {
            **common,
            "service_name": Raw('"com.amazonaws.${var.region}.s3"'),
            "vpc_endpoint_type": "Gateway",
            "route_table_ids": [Raw("aws_route_table.private.id")],
        },
    )
    yield from _groups(stack)


def _listed(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _groups(stack: Stack) -> Iterator[Block]:
    told = {
        EDGE: "API Gateway's link into the network",
        APPLICATION: "Tasks of the API",
        ENDPOINTS: "Endpoints of AWS services",
        **{store.name: f"{store.kind}" for store in stack.stores},
    }
    for name, description in told.items():
        body: dict[str, Value] = {
            "name": Raw(f'"${{var.name}}-{name}"'),
            "description": description,
            "vpc_id": Raw("aws_vpc.main.id"),
        }
        yield resource(
            "aws_security_group", _identifier(name), body, block("lifecycle", {"create_before_destroy": True})
        )
    inner = [flow for flow in stack.flows if flow.source]
    for flow in (*inner, Flow(APPLICATION, ENDPOINTS, 443)):
        # Both ends of a flow.
        for kind, own, other in (("egress", flow.source, flow.target), ("ingress", flow.target, flow.source)):
            rules_body: dict[str, Value] = {
                "security_group_id": group(own),
                "description": f"{flow.source} to {flow.target}",
                "ip_protocol": "tcp",
                "from_port": flow.port,
                "to_port": flow.port,
                "referenced_security_group_id": group(other),
            }
            rules_name = f"{_identifier(flow.source)}_to_{_identifier(flow.target)}"
            yield resource(f"aws_vpc_security_group_{kind}_rule", rules_name, rules_body)
    yield resource(
        "aws_vpc_security_group_egress_rule",
        "api_to_s3",
        {
            "security_group_id": group(APPLICATION),
            "description": "Layers of images, in S3",
            "ip_protocol": "tcp",
            "from_port": 443,
            "to_port": 443,
            "prefix_list_id": Raw("aws_vpc_endpoint.s3.prefix_list_id"),
        },
    )


__all__ = ["SUBNETS", "blocks", "group"]
