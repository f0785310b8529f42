"""Terraform: what expressions come to, and buckets joined from their resources."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.facts import Bucket, CorsPolicy
from batten.formats import Workspace, apply
from batten.formats.hcl import parse
from batten.model import ABSENT, UNKNOWN, Fix, Problem, Remedy, Safety, Switch, TurnOn
from batten.technologies import Unit
from batten.technologies.cloud.terraform import adapter
from batten.technologies.cloud.terraform.calls import roots
from batten.technologies.cloud.terraform.evaluate import Evaluator, Reference

DECLARED = """
variable "plain" { default = "x" }
variable "given" { default = "x" }
variable "later" { default = "x" }
variable "required" {}
variable "varying" { default = "x" }
variable "flags" { default = { public = true, names = ["a", "b"] } }
locals {
  name  = "shop-${var.plain}"
  loop  = local.loop
  first = local.second
  second = local.first
}
resource "aws_s3_bucket" "images" {}
"""


def module_of(tmp_path: Path, files: dict[str, str]) -> Evaluator:
    workspace = Workspace(tmp_path, files)
    (unit,) = adapter.units(sorted(files), workspace)
    return Evaluator(roots(unit, workspace)[0])


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("var.plain", "x"),
        ("var.given", "from tfvars"),
        ("var.later", "from auto"),
        ("var.required", UNKNOWN),
        ("var.varying", UNKNOWN),
        ("var.missing", UNKNOWN),
        ("local.name", "shop-x"),
        ('"${local.name}-${1}-${true}"', "shop-x-1-true"),
        ('"${var.required}-a"', UNKNOWN),
        ("local.loop", UNKNOWN),
        ("local.first", UNKNOWN),
        ("var.flags.public", True),
        ('var.flags["names"][1]', "b"),
        ("var.flags.names[7]", UNKNOWN),
        ("var.flags.public ? 1 : 2", 1),
        ("var.required ? 1 : 2", UNKNOWN),
        ("var.required ? 1 : 1", 1),
        ('var.plain == "x" && !false', True),
        ("var.required && false", False),
        ("var.required || false", UNKNOWN),
        ("aws_s3_bucket.images.arn", Reference("aws_s3_bucket", "images", "arn")),
        ("aws_s3_bucket.images[0].id", Reference("aws_s3_bucket", "images", "id")),
        ("data.aws_iam_policy_document.x.json", Reference("aws_iam_policy_document", "x", "json", True)),
        ("aws_s3_bucket.other.id", UNKNOWN),
        ("module.x.id", UNKNOWN),
        ("each.value", UNKNOWN),
        ("jsonencode({ a = [1, var.required] })", {"a": [1, UNKNOWN]}),
        ('concat(["a"], var.flags.names)', ["a", "a", "b"]),
        ("merge({ a = 1 }, { b = 2 })", {"a": 1, "b": 2}),
        ('lookup(var.flags, "none", "d")', "d"),
        ('join("-", ["a", 1])', "a-1"),
        ('coalesce(null, "", "z")', "z"),
        ('upper("a")', "A"),
        ('tobool("true")', True),
        ("length([1, 2]) > 1", True),
        ("[for x in var.flags.names : x]", ["a", "b"]),
        ("uuid()", UNKNOWN),
        ('(("a"))', "a"),
    ],
)
def test_what_expressions_come_to(tmp_path: Path, expression: str, value: object) -> None:
    files = {
        "main.tf": DECLARED,
        "more.tf": f"locals {{\n  result = {expression}\n}}\n",
        "terraform.tfvars": 'given = "from tfvars"\nlater = "y"\n',
        "a.auto.tfvars": 'later = "z"\n',
        "b.auto.tfvars": 'later = "from auto"\n',
        "prod.tfvars": 'varying = "y"\n',
    }
    evaluator = module_of(tmp_path, files)
    assert evaluator.value(evaluator.module.locals["result"]) == value


def test_a_module_for_others_has_no_values_of_its_own(tmp_path: Path) -> None:
    evaluator = module_of(tmp_path, {"modules/x/main.tf": DECLARED})
    assert evaluator.value(evaluator.module.locals["name"]) is UNKNOWN


def bucket(tmp_path: Path, text: str, **more: str) -> Bucket:
    files = {"main.tf": text, **{f"{name}.tf": content for name, content in more.items()}}
    facts = adapter.read(Unit("terraform", tuple(files)), Workspace(tmp_path, files))
    return next(f for f in facts if isinstance(f, Bucket))


def test_a_bucket_alone_has_the_clouds_defaults(tmp_path: Path) -> None:
    found = bucket(tmp_path, 'resource "aws_s3_bucket" "b" {}\n')
    assert found.acl.value is ABSENT and found.acl.effective == "private"
    assert found.access_block is None
    assert found.encryption.effective == "AES256"
    assert found.versioning.effective is False and found.tls_only.effective is False


@pytest.mark.parametrize(
    "reference",
    [
        "aws_s3_bucket.b.id",
        "aws_s3_bucket.b.bucket",
        '"the-name"',
        "local.name",
        "aws_s3_bucket_ownership_controls.b.bucket",
    ],
)
def test_resources_of_a_bucket_are_joined_over_files(tmp_path: Path, reference: str) -> None:
    text = (
        'resource "aws_s3_bucket" "b" {\n  bucket = local.name\n}\nlocals {\n  name = "the-name"\n}\n'
        'resource "aws_s3_bucket_ownership_controls" "b" {\n  bucket = aws_s3_bucket.b.id\n}\n'
    )
    found = bucket(
        tmp_path,
        text,
        acl=f'resource "aws_s3_bucket_acl" "b" {{\n  bucket = {reference}\n  acl = "public-read"\n}}\n',
    )
    assert found.acl.value == "public-read" and found.acl.at.source == "acl.tf"


@pytest.mark.parametrize("reference", ["each.value", "module.b.id", "var.name"])
def test_a_resource_that_may_be_anybodys_leaves_the_rest_unknown(tmp_path: Path, reference: str) -> None:
    text = f'resource "aws_s3_bucket" "b" {{}}\nresource "aws_s3_bucket_versioning" "x" {{\n  bucket = {reference}\n}}\n'
    assert bucket(tmp_path, text).versioning.value is UNKNOWN


def test_another_buckets_resource_says_nothing(tmp_path: Path) -> None:
    text = (
        'resource "aws_s3_bucket" "b" {}\nresource "aws_s3_bucket" "c" {}\n'
        'resource "aws_s3_bucket_acl" "c" {\n  bucket = aws_s3_bucket.c.id\n  acl = "public-read"\n}\n'
    )
    assert bucket(tmp_path, text).acl.value is ABSENT


def test_a_file_that_cannot_be_read_leaves_what_is_absent_unknown(tmp_path: Path) -> None:
    files = {"a.tf": 'resource "aws_s3_bucket" "b" {}\n', "b.tf": "resource {\n"}
    facts = list(adapter.read(Unit("terraform", tuple(files)), Workspace(tmp_path, files)))
    assert [f.source for f in facts if isinstance(f, Problem)] == ["b.tf"]
    assert [f.versioning.value for f in facts if isinstance(f, Bucket)] == [UNKNOWN]


def test_grants_to_everybody_are_a_public_acl(tmp_path: Path) -> None:
    text = (
        'resource "aws_s3_bucket" "b" {}\nresource "aws_s3_bucket_acl" "b" {\n  bucket = aws_s3_bucket.b.id\n'
        '  access_control_policy {\n    grant {\n      grantee {\n        type = "Group"\n'
        '        uri  = "http://acs.amazonaws.com/groups/global/AllUsers"\n      }\n      permission = "READ"\n    }\n  }\n}\n'
    )
    assert bucket(tmp_path, text).acl.value == "public-read"


def test_cors_rules_are_facts_of_their_own(tmp_path: Path) -> None:
    text = (
        'resource "aws_s3_bucket" "b" {\n  cors_rule {\n    allowed_methods = ["GET"]\n'
        '    allowed_origins = [var.origin]\n  }\n}\nvariable "origin" {}\n'
    )
    workspace = Workspace(tmp_path, {"main.tf": text})
    facts = list(adapter.read(Unit("terraform", ("main.tf",)), workspace))
    assert [f.origins.value for f in facts if isinstance(f, CorsPolicy)] == [UNKNOWN]


def write(tmp_path: Path, text: str, remedy: Remedy, pick: str) -> Fix | None:
    workspace = Workspace(tmp_path, {"main.tf": text})
    unit = Unit("terraform", ("main.tf",))
    found = next(f for f in adapter.read(unit, workspace) if isinstance(f, Bucket))
    return adapter.write(unit, workspace, remedy, getattr(found, pick).at)


@pytest.mark.parametrize(
    "policy",
    [
        "jsonencode({ Statement = [] })",
        'jsonencode({ Statement = [{ Effect = "Allow", Principal = { AWS = "a" } }] })',
        'jsonencode({ Statement = [{ Effect = "Allow", Principal = { AWS = "a" } },] })',
        'jsonencode({ Statement = { Effect = "Allow", Principal = { AWS = "a" } } })',
        'jsonencode({\n    Statement = [{\n      Effect = "Allow"\n      Principal = { AWS = "a" }\n    }]\n  })',
    ],
)
def test_a_statement_joins_a_policy_of_any_shape(tmp_path: Path, policy: str) -> None:
    text = f'resource "aws_s3_bucket" "b" {{\n  policy = {policy}\n}}\n'
    fix = write(tmp_path, text, TurnOn(Switch.TLS_ONLY), "tls_only")
    assert fix is not None and fix.safety is Safety.RISKY
    changed = apply(text, fix.edits)
    parse(changed)
    again = bucket(tmp_path, changed)
    assert again.tls_only.value is True
    assert all(line == line.rstrip() for line in changed.splitlines())


def test_a_bucket_made_many_times_has_no_fix(tmp_path: Path) -> None:
    text = 'resource "aws_s3_bucket" "b" {\n  count = 2\n}\n'
    assert write(tmp_path, text, TurnOn(Switch.VERSIONING), "versioning") is None


def test_variable_files_alone_are_no_module(tmp_path: Path) -> None:
    files = ["a/x.tfvars", "b/main.tf", "b/x.tfvars"]
    units = list(adapter.units(files, Workspace(tmp_path)))
    assert units == [Unit("terraform", ("b/main.tf", "b/x.tfvars"))]
