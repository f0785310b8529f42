"""Terraform: resources as the tables about AWS see them, policy documents, plans, and secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batten.facts import Secret
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Kind, Switch, TurnOn
from batten.technologies.cloud.terraform import adapter
from batten.technologies.cloud.terraform.calls import roots
from batten.technologies.cloud.terraform.resources import ModuleResources, resources
from batten.technologies.shared.aws.resource import Resource


def read(tmp_path: Path, text: str, name: str = "main.tf") -> ModuleResources:
    workspace = Workspace(tmp_path, {name: text})
    (unit,) = adapter.units([name], workspace)
    (root,) = roots(unit, workspace)
    return resources(root)


def only(tmp_path: Path, body: str, more: str = "") -> Resource:
    held = read(tmp_path, f'resource "aws_x" "x" {{\n{body}\n}}\nvariable "open" {{}}\n{more}')
    return next(iter(held.of("aws_x")))


def test_values_and_where_they_are(tmp_path: Path) -> None:
    x = only(tmp_path, "  a = 1\n  n = null\n  u = var.open\n  b {\n    c = 2\n  }")
    assert x.value("a").value == 1 and x.value("a").at.kind is Kind.VALUE
    assert x.value("a").at.pointer == "aws_x.x/a"
    assert x.value("n").value is ABSENT and x.value("none").value is ABSENT
    assert x.value("none").at.kind is Kind.BLOCK and x.value("none").at.span == x.block().span
    assert x.value("u").value is UNKNOWN
    assert x.value("b", "c").value == 2 and x.value("b", "d").value is ABSENT
    assert x.value("b").value == {"c": 2}
    assert x.value("e", "f").value is ABSENT


def test_dynamic_blocks_over_known_values(tmp_path: Path) -> None:
    x = only(
        tmp_path,
        '  dynamic "rule" {\n    for_each = { a = 1, b = 2 }\n    iterator = it\n    content {\n      k = it.key\n'
        '      v = it.value\n      w = var.open\n    }\n  }\n  rule {\n    k = "c"\n  }',
    )
    found = [(r.value("k").value, r.value("v").value, r.value("w").value) for r in x.each("rule")]
    assert found == [("a", 1, UNKNOWN), ("b", 2, UNKNOWN), ("c", ABSENT, ABSENT)]
    assert x.whole("rule")


def test_dynamic_blocks_over_what_is_not_known(tmp_path: Path) -> None:
    x = only(tmp_path, '  dynamic "rule" {\n    for_each = var.open\n    content {\n      k = 1\n    }\n  }')
    assert list(x.each("rule")) == [] and not x.whole("rule")
    assert x.value("rule", "k").value is UNKNOWN and x.value("rule").value is UNKNOWN
    assert x.whole("other") and x.value("other", "k").value is ABSENT


def test_maps_stand_for_blocks(tmp_path: Path) -> None:
    x = only(
        tmp_path, "  rule = [{ port = 22, deep = [{ z = 1 }] }, { port = var.open }]\n  more = [var.open]"
    )
    assert [r.value("port").value for r in x.each("rule")] == [22, UNKNOWN]
    assert [d.value("z").value for d in x.each("rule", "deep")] == [1]
    assert x.value("rule", "port").value == 22 and x.value("rule", "none").value is ABSENT
    assert x.whole("rule") and not x.whole("more")


@pytest.mark.parametrize(
    ("repeat", "values"),
    [
        ("count = 0", []),
        ("count = false", []),
        ("count = var.open ? 1 : 0", [UNKNOWN]),
        ("count = 2", [0, 1]),
        ("count = 1000000000", list(range(50))),
    ],
)
def test_count(tmp_path: Path, repeat: str, values: list[object]) -> None:
    held = read(
        tmp_path, f'resource "aws_x" "x" {{\n  {repeat}\n  i = count.index\n}}\nvariable "open" {{}}\n'
    )
    assert [r.value("i").value for r in held.of("aws_x")] == values


@pytest.mark.parametrize(
    ("collection", "values"),
    [
        ("{ a = { p = 1 }, b = { p = 2 } }", [("a", 1), ("b", 2)]),
        ("{}", []),
        ("var.open", [(UNKNOWN, UNKNOWN)]),
        ("{ for k, v in { a = { p = 1 }, b = { p = 2 } } : k => v if v.p > 1 }", [("b", 2)]),
    ],
)
def test_for_each(tmp_path: Path, collection: str, values: list[object]) -> None:
    body = f"  for_each = {collection}\n  k = each.key\n  p = each.value.p"
    held = read(tmp_path, f'resource "aws_x" "x" {{\n{body}\n}}\nvariable "open" {{}}\n')
    assert [(r.value("k").value, r.value("p").value) for r in held.of("aws_x")] == values


def test_instances_that_are_alike_come_once(tmp_path: Path) -> None:
    held = read(tmp_path, 'resource "aws_x" "x" {\n  for_each = toset(["a", "b"])\n  p = 1\n}\n')
    assert len(list(held.of("aws_x"))) == 1


DOCUMENT = """
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "one"
    actions   = ["s3:Get*"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d" {
  source_policy_documents = [data.aws_iam_policy_document.base.json, var.open]
  override_policy_documents = [jsonencode({ Statement = [{ Sid = "one", Effect = "Deny", Action = "s3:*" }] })]
  dynamic "statement" {
    for_each = ["a", "b"]
    content {
      not_actions = ["iam:${statement.value}"]
      resources   = [aws_x.x.arn]
      principals {
        type        = "AWS"
        identifiers = ["arn:aws:iam::123456789012:root"]
      }
      condition {
        test     = "StringEquals"
        variable = "aws:SourceVpc"
        values   = [var.open]
      }
    }
  }
  statement {
    effect = "Deny"
    not_principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}
data "aws_iam_policy_document" "self" {
  source_policy_documents = [data.aws_iam_policy_document.self.json]
}
"""


def test_policy_documents_are_what_they_say(tmp_path: Path) -> None:
    x = only(tmp_path, "  policy = data.aws_iam_policy_document.d.json", DOCUMENT)
    made = {
        "Effect": "Allow",
        "NotAction": ["iam:a"],
        "Resource": [UNKNOWN],
        "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]},
        "Condition": {"StringEquals": {"aws:SourceVpc": [UNKNOWN]}},
    }
    policy = x.value("policy").value
    assert isinstance(policy, dict)
    assert policy["Statement"] == [
        {"Sid": "one", "Effect": "Deny", "Action": "s3:*"},
        UNKNOWN,
        made,
        {**made, "NotAction": ["iam:b"]},
        {"Effect": "Deny", "NotPrincipal": "*"},
    ]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("data.aws_iam_policy_document.self.json", {"Version": "2012-10-17", "Statement": [UNKNOWN]}),
        ("data.aws_iam_policy_document.none.json", UNKNOWN),
        ("jsonencode({ a = aws_x.x.arn })", {"a": UNKNOWN}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('"{a"', "{a"),
        ('<<-EOT\n    [{"name": "${var.open}", "image": "x"}]\n  EOT', [{"name": UNKNOWN, "image": "x"}]),
    ],
)
def test_documents_however_they_are_written(tmp_path: Path, policy: str, expected: object) -> None:
    assert only(tmp_path, f"  policy = {policy}", DOCUMENT).value("policy").value == expected


def test_references(tmp_path: Path) -> None:
    x = only(
        tmp_path,
        '  one = aws_y.y.id\n  list = [aws_y.y[0].id]\n  text = "${aws_y.y.arn}/*"\n  none = "x"\n  many = [aws_y.y.id, "a"]',
        'resource "aws_y" "y" {}\n',
    )
    assert [x.refers_to(n) for n in ("one", "list", "text", "none", "many", "absent")] == [
        *["aws_y.y"] * 3,
        *[""] * 3,
    ]


PLAN = {
    "format_version": "1.2",
    "planned_values": {
        "root_module": {
            "resources": [
                {
                    "address": "aws_db_instance.main",
                    "mode": "managed",
                    "type": "aws_db_instance",
                    "name": "main",
                    "values": {"storage_encrypted": False, "password": "tea-4471-harbour", "port": None},
                    "sensitive_values": {"password": True},
                },
                {"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b", "values": {}},
                {
                    "address": "aws_s3_bucket_versioning.b",
                    "mode": "managed",
                    "type": "aws_s3_bucket_versioning",
                    "name": "b",
                    "values": {"versioning_configuration": [{"status": "Enabled"}]},
                },
            ],
            "child_modules": [
                {
                    "address": "module.m",
                    "resources": [
                        {
                            "address": 'module.m.aws_db_instance.main["a"]',
                            "mode": "managed",
                            "type": "aws_db_instance",
                            "name": "main",
                            "values": {"storage_encrypted": True},
                        }
                    ],
                }
            ],
        }
    },
    "resource_changes": [
        {
            "address": "aws_s3_bucket_versioning.b",
            "change": {"after_unknown": {"bucket": True, "id": True, "versioning_configuration": [{"mfa_delete": True}]}},
        },
        {"address": "aws_db_instance.main", "change": {"after_unknown": {"kms_key_id": True}}},
    ],
    "configuration": {
        "root_module": {
            "resources": [
                {
                    "address": "aws_s3_bucket_versioning.b",
                    "expressions": {"bucket": {"references": ["aws_s3_bucket.b.id", "aws_s3_bucket.b"]}},
                }
            ]
        }
    },
}  # fmt: skip


def test_a_plan_says_what_will_be(tmp_path: Path) -> None:
    held = read(tmp_path, json.dumps(PLAN, indent=1), "plan.json")
    root, inner = held.of("aws_db_instance")
    assert root.value("storage_encrypted").value is False and inner.value("storage_encrypted").value is True
    assert root.value("password").value is UNKNOWN and root.value("kms_key_id").value is UNKNOWN
    assert root.value("port").value is ABSENT
    (versioning,) = held.of("aws_s3_bucket_versioning")
    assert versioning.refers_to("bucket") == "aws_s3_bucket.b"
    assert versioning.value("versioning_configuration", "status").value == "Enabled"
    assert versioning.value("versioning_configuration", "mfa_delete").value is UNKNOWN
    at = root.value("storage_encrypted").at
    assert at.span is not None and json.dumps(PLAN, indent=1)[at.span.start : at.span.end] == "false"


def test_what_a_plan_shows_is_not_edited_and_no_secret_of_it_is_told(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, {"x.tfplan.json": json.dumps(PLAN), "other-plan.json": '{"a": 1}'})
    (unit,) = adapter.units(["other-plan.json", "x.tfplan.json"], workspace)
    facts = list(adapter.read(unit, workspace))
    assert facts and "tea-4471" not in repr(facts)
    assert not any(isinstance(f, Secret) for f in facts)
    (root, _) = (r for u in [unit] for r in resources(roots(u, workspace)[0]).of("aws_db_instance"))
    assert adapter.write(unit, workspace, TurnOn(Switch.ENCRYPTION_AT_REST), root.block()) is None


def secrets(tmp_path: Path, files: dict[str, str]) -> list[tuple[str, bool]]:
    workspace = Workspace(tmp_path, files)
    units = adapter.units(sorted(f for f in files if not f.startswith(".")), workspace)
    found = [f for u in units for f in adapter.read(u, workspace) if isinstance(f, Secret)]
    assert "4471" not in repr(found)
    return [(s.name, s.committed) for s in found]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('resource "aws_db_instance" "d" {\n  password = "tea-4471-harbour"\n}\n', ["password"]),
        ('resource "aws_db_instance" "d" {\n  password = var.p\n}\nvariable "p" {}\n', []),
        ('resource "aws_db_instance" "d" {\n  password = var.db_password\n}\nvariable "db_password" {\n'
         '  default = "tea-4471-harbour"\n}\n', ["db_password"]),
        ('locals {\n  env = [{ name = "DB_PASSWORD", value = "tea-4471" }, { name = "X", value = "y" }]\n}\n',
         ["DB_PASSWORD"]),
        ('resource "random_password" "p" {\n  length = 20\n}\n', []),
        ('resource "aws_secretsmanager_secret" "s" {\n  name = "db-password"\n}\n', []),
        ('resource "google_cloud_run_service" "s" {\n  secret_key_ref {\n    secret = "db-password-4471"\n  }\n}\n', []),
        ('resource "aws_ssm_parameter" "p" {\n  type  = "SecureString"\n  value = "stand-in-4471"\n'
         '  lifecycle {\n    ignore_changes = [value]\n  }\n}\n', []),
        ('provider "aws" {\n  access_key = "test"\n  secret_key = "test"\n}\n', []),
        ('provider "x" {\n  token = "k3JqT9s2LwZ4471"\n}\n', ["token"]),
        ('module "m" {\n  source = "a/b/c"\n  master_password = "tea-4471"\n  description = "the password=x"\n}\n',
         ["master_password"]),
        ('resource "kubernetes_secret" "s" {\n  data = { password = "tea-4471" }\n}\n', []),
        ('resource "azurerm_linux_virtual_machine" "m" {\n  custom_data = <<-E\n    export DB_PASSWORD=tea-4471\n  E\n}\n',
         ["DB_PASSWORD"]),
        ('locals {\n  url = "postgres://u:${var.p}@h/d"\n  two = "postgres://u:tea4471@h/d"\n}\n', ["two"]),
        ('locals {\n  password = var.x ? "tea-4471" : ""\n  token_ttl = "4471"\n}\n', ["password"]),
    ],
)  # fmt: skip
def test_credentials_that_are_written_out(tmp_path: Path, text: str, names: list[str]) -> None:
    assert [name for name, _ in secrets(tmp_path, {"main.tf": text})] == names


def test_files_of_values_hold_credentials_too(tmp_path: Path) -> None:
    files = {
        "main.tf": 'variable "db_password" {}\n',
        "prod.tfvars": 'db_password = "tea-4471-harbour"\n',
        "local.auto.tfvars": 'db_password = "tea-4471-local"\n',
        "terraform.tfvars.example.tfvars": 'db_password = "tea-4471-example"\n',
        ".gitignore": "*.auto.tfvars\n",
    }
    assert secrets(tmp_path, files) == [("db_password", False), ("db_password", True), ("db_password", True)]
