"""AWS resources as facts, and changes of them, where the pages of controls do not say it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.facts import Admitted, Fact, FirewallRule, Grant, Listener, Machine, Secret
from batten.formats import Workspace, apply
from batten.model import ABSENT, UNKNOWN, Fix, Problem, RequireAuth, Safety, Setting, Switch, TurnOff, TurnOn
from batten.technologies import Unit
from batten.technologies.cloud.terraform.adapter import read, write
from batten.technologies.shared.aws.access.documents import listed
from batten.technologies.shared.aws.changes import change, row_of
from batten.technologies.shared.aws.rows import ROWS
from batten.technologies.shared.aws.tls_policies import versions

UNIT = Unit("terraform", ("main.tf",))


def facts(text: str) -> list[Fact]:
    found = list(read(UNIT, workspace(text)))
    assert not [f for f in found if isinstance(f, Problem)]
    return [f for f in found if isinstance(f, Fact)]


def workspace(text: str) -> Workspace:
    return Workspace(Path("/nowhere"), {"main.tf": text})


def test_every_row_writes_what_it_takes_for_right() -> None:
    for row in ROWS:
        if row.right != "" and row.on:
            assert (row.right in row.on) is (row.aspect != "public"), row


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r.types[0] or r.types[1]}-{r.keys[0]}")
def test_every_row_is_found_by_its_pointer(row: object) -> None:
    for type_, key, within in zip(row.types, row.keys, row.within, strict=True):  # type: ignore[attr-defined]
        words = {
            "at-rest": TurnOn(Switch.ENCRYPTION_AT_REST),
            "in-transit": TurnOn(Switch.ENCRYPTION_IN_TRANSIT),
            "public": TurnOff(Switch.PUBLIC),
            "tokens": TurnOn(Switch.METADATA_TOKENS),
            "audit": TurnOn(Switch.AUDIT_LOG),
            "updates": TurnOn(Switch.AUTOMATIC_UPDATES),
            "safeguard": TurnOn(Switch.SAFEGUARD),
            "authenticated": RequireAuth(),
        }
        if type_ and key:
            pointer = "/".join(filter(None, (f"{type_}.x", within, key)))
            assert row_of(type_, pointer, words[row.aspect]) is row  # type: ignore[attr-defined]


def test_a_variable_without_value_is_unknown() -> None:
    text = 'variable "a" {}\nresource "aws_instance" "w" {\n  metadata_options {\n    http_tokens = var.a\n  }\n}\n'
    (machine,) = (f for f in facts(text) if isinstance(f, Machine))
    assert machine.metadata_tokens.value is UNKNOWN


def test_what_is_not_written_has_its_default_at_the_resource() -> None:
    text = 'resource "aws_instance" "w" {\n}\n'
    (machine,) = (f for f in facts(text) if isinstance(f, Machine))
    assert machine.metadata_tokens.value is ABSENT
    assert machine.metadata_tokens.effective is False
    span = machine.metadata_tokens.at.span
    assert span is not None and text[span.start : span.end].startswith("resource")


def test_networks_are_one_fact_for_each_key() -> None:
    text = """resource "aws_security_group" "w" {
  ingress {
    from_port        = 80
    to_port          = 90
    protocol         = "6"
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
}
"""
    rules = [f for f in facts(text) if isinstance(f, FirewallRule)]
    assert [(r.sources.value, r.first.value, r.last.value, r.protocol.value) for r in rules] == [
        (("0.0.0.0/0",), 80, 90, "tcp"),
        (("::/0",), 80, 90, "tcp"),
    ]


def test_statements_admit_whom_they_name() -> None:
    text = """resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({
    Statement = [
      { Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" },
      { Effect = "Allow", Principal = { AWS = var.who }, Action = "sts:AssumeRole" },
      { Effect = "Allow", Principal = { AWS = [var.who, "*"] }, Action = "sts:AssumeRole" },
    ]
  })
}
variable "who" {}
"""
    grants = [f.admits.who for f in facts(text) if isinstance(f, Grant) and f.admits is not None]
    assert grants == [Admitted.NAMED, UNKNOWN, Admitted.ACCOUNTS]


@pytest.mark.parametrize(
    ("policy", "oldest"),
    [
        ("ELBSecurityPolicy-2016-08", "TLSv1"),
        ("ELBSecurityPolicy-TLS-1-1-2017-01", "TLSv1.1"),
        ("ELBSecurityPolicy-FS-1-2-Res-2020-10", "TLSv1.2"),
        ("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "TLSv1.2"),
        ("ELBSecurityPolicy-TLS13-1-3-2021-06", "TLSv1.3"),
        ("ELBSecurityPolicy-TLS13-1-0-2021-06", "TLSv1"),
        ("TLSv1_2016", "TLSv1"),
        ("TLSv1.2_2021", "TLSv1.2"),
        ("SSLv3", "SSLv3"),
    ],
)
def test_versions_of_policies(policy: str, oldest: str) -> None:
    at = next(f for f in facts('resource "aws_instance" "w" {\n}\n')).at
    known = versions(Setting(policy, at)).known(())
    assert known[0] == oldest


def test_a_policy_that_is_new_to_batten_is_unknown() -> None:
    at = next(f for f in facts('resource "aws_instance" "w" {\n}\n')).at
    assert versions(Setting("ELBSecurityPolicy-PQ-2030", at)).value is UNKNOWN


def test_a_credential_is_never_kept() -> None:
    text = 'resource "aws_db_instance" "o" {\n  password = "violet-Harbour-77"\n}\n'
    found = [f for f in facts(text) if isinstance(f, Secret)]
    assert [f.name for f in found] == ["password"]
    assert "violet" not in repr(found)


def fix(text: str, kind: type[Fact], field: str, remedy: TurnOn | TurnOff) -> Fix:
    fact = next(f for f in facts(text) if isinstance(f, kind) and getattr(f, field, None) is not None)
    made = write(UNIT, workspace(text), remedy, getattr(fact, field).at)
    assert made is not None
    return made


def test_a_block_on_one_line_is_unfolded() -> None:
    text = 'resource "aws_instance" "w" { ami = "a" }\n'
    made = fix(text, Machine, "metadata_tokens", TurnOn(Switch.METADATA_TOKENS))
    mended = apply(text, made.edits)
    (machine,) = (f for f in facts(mended) if isinstance(f, Machine))
    assert machine.metadata_tokens.value is True
    assert made.safety is Safety.RISKY


def test_a_fix_made_twice_is_one() -> None:
    text = 'resource "aws_launch_template" "w" {\n  # ours\n  metadata_options {\n  }\n}\n'
    made = fix(text, Machine, "metadata_tokens", TurnOn(Switch.METADATA_TOKENS))
    mended = apply(text, made.edits)
    assert "# ours" in mended
    again = fix(mended, Machine, "metadata_tokens", TurnOn(Switch.METADATA_TOKENS))
    assert apply(mended, again.edits) == mended


def test_a_redirect_needs_a_listener_with_tls() -> None:
    text = 'resource "aws_lb_listener" "p" {\n  protocol = "HTTP"\n  default_action {\n    type = "forward"\n  }\n}\n'
    (listener,) = (f for f in facts(text) if isinstance(f, Listener))
    assert write(UNIT, workspace(text), TurnOn(Switch.PADDING), listener.at) is None


def test_a_person_is_asked_where_one_must_choose() -> None:
    made = change("aws_api_gateway_method", "aws_api_gateway_method.m/authorization", RequireAuth())
    assert made is not None and made.safety is Safety.VALUE and made.question


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just(UNKNOWN),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
                        ["Statement", "Effect", "Principal", "Action", "NotAction", "Resource", "Condition", "AWS"]
                    ), inner, max_size=4), max_leaves=12))  # fmt: skip
def test_any_value_is_listed_as_a_policy(value: object) -> None:
    assert isinstance(listed(value), list)  # type: ignore[arg-type]


TYPES = sorted({t for row in ROWS for t in row.types if t.startswith("aws_")} | {
    "aws_security_group", "aws_iam_role", "aws_lb", "aws_lb_listener", "aws_cloudfront_distribution", "aws_elb",
    "aws_api_gateway_method", "aws_apigatewayv2_api", "aws_lambda_permission", "aws_lambda_function",
    "aws_vpc", "aws_ecs_task_definition", "aws_sqs_queue_policy", "aws_network_acl",
})  # fmt: skip
NAMES = ["ingress", "policy", "assume_role_policy", "cidr_blocks", "protocol", "default_action", "origin", "cors",
         "environment", "viewer_certificate", "runtime", "user_data", "type", "vpc_config", "access_policies",
         "container_definitions", "from_port", "principal", "password", "kms_key_id"]  # fmt: skip
VALUES = ["1", "-1", '"x"', "true", "null", "[]", '["*"]', "{}", "{ a = 1 }", "var.x", "[var.x]", '"{"', "[{}]",
          'jsonencode({ Statement = "x" })', "aws_lb.x.arn", '"0.0.0.0/0"', "1.5"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(TYPES),
            st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES), st.booleans()), max_size=5),
        ),
        max_size=3,
    )
)
def test_odd_values_are_facts_or_nothing(resources: list[tuple[str, list[tuple[str, str, bool]]]]) -> None:
    lines = []
    for number, (type_, held) in enumerate(resources):
        named = {name: (value, block) for name, value, block in held}
        lines.append(f'resource "{type_}" "r{number}" {{')
        for name, (value, block) in named.items():
            lines.append(f"  {name} {{\n    {name} = {value}\n  }}" if block else f"  {name} = {value}")
        lines.append("}")
    facts("\n".join(lines) + "\n")
