"""Terraform: modules that call modules, files of values, overrides, JSON syntax and OpenTofu."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.model import UNKNOWN, Problem, Severity
from batten.policy import Policy
from batten.technologies.cloud.terraform import adapter
from batten.technologies.cloud.terraform.calls import modules, roots
from batten.technologies.cloud.terraform.evaluate import Evaluator
from batten.technologies.cloud.terraform.resources import ModuleResources, resources
from spending import at_most

DATABASE = """
variable "encrypted" {
  type    = bool
  default = true
}
variable "settings" {
  type    = object({ port = optional(number, 5432), name = string })
  default = { name = "x" }
}
resource "aws_db_instance" "main" {
  storage_encrypted = var.encrypted
  port              = var.settings.port
}
output "id" { value = aws_db_instance.main.id }
output "port" { value = aws_db_instance.main.port }
output "encrypted" { value = var.encrypted }
"""


def read(tmp_path: Path, files: dict[str, str]) -> list[ModuleResources]:
    workspace = Workspace(tmp_path, files)
    units = list(adapter.units(sorted(files), workspace))
    return [resources(root) for unit in units for root in roots(unit, workspace)]


def encrypted(held: ModuleResources) -> list[object]:
    return [r.value("storage_encrypted").value for r in held.of("aws_db_instance")]


def test_a_module_has_its_callers_arguments(tmp_path: Path) -> None:
    main = (
        'module "a" {\n  source    = "./db"\n  encrypted = "false"\n}\n'
        'module "b" {\n  source    = "./db"\n  encrypted = var.x\n  settings = { name = "y" }\n}\n'
        'module "c" {\n  source = "./db"\n}\nvariable "x" {}\n'
    )
    (held,) = read(tmp_path, {"main.tf": main, "db/main.tf": DATABASE})
    assert encrypted(held) == [False, UNKNOWN, True]
    addresses = [r.address for r in held.of("aws_db_instance")]
    assert addresses == [f"module.{n}.aws_db_instance.main" for n in "abc"]
    assert [r.value("port").value for r in held.of("aws_db_instance")] == [5432] * 3


def test_the_caller_is_told_when_its_argument_decides(tmp_path: Path) -> None:
    files = {
        "main.tf": 'module "a" {\n  source    = "./db"\n  encrypted = false\n}\n',
        "prod/main.tf": 'module "b" {\n  source    = "../db"\n  encrypted = false\n}\n',
        "db/main.tf": DATABASE,
    }
    found = [f for f in review(Workspace(tmp_path, files), Policy()).findings if "encrypted" in f.control]
    (one,) = [f for f in found if f.control == "cloud-data-encrypted"]
    assert one.at.source == "db/main.tf" and one.region is not None and one.region.line == 11
    assert [(at.source, at.pointer) for at in one.related] == [
        ("main.tf", "module.a/encrypted"),
        ("prod/main.tf", "module.b/encrypted"),
    ]


def test_a_module_that_is_called_is_no_root(tmp_path: Path) -> None:
    files = {"live/main.tf": 'module "a" {\n  source = "../db"\n}\n', "db/main.tf": DATABASE}
    workspace = Workspace(tmp_path, files)
    (unit,) = adapter.units(sorted(files), workspace)
    assert [(m.folder, m.address) for m in modules(unit, workspace)] == [("live", ""), ("db", "module.a")]


def test_a_string_that_looks_like_a_call_hides_no_folder(tmp_path: Path) -> None:
    files = {"main.tf": '# module\nlocals {\n  source = "./db"\n}\n', "db/main.tf": DATABASE}
    assert [encrypted(held) for held in read(tmp_path, files)] == [[], [UNKNOWN]]


def test_outputs_and_references_go_through_modules(tmp_path: Path) -> None:
    main = (
        'module "a" {\n  source    = "./db"\n  encrypted = false\n}\n'
        'resource "aws_s3_bucket" "b" {}\n'
        'resource "aws_x" "x" {\n  e = module.a.encrypted\n  i = module.a.id\n  n = module.a.none\n}\n'
        'module "v" {\n  source = "./versions"\n  bucket = aws_s3_bucket.b.id\n}\n'
    )
    versions = 'variable "bucket" {}\nresource "aws_s3_bucket_versioning" "v" {\n  bucket = var.bucket\n}\n'
    (held,) = read(tmp_path, {"main.tf": main, "db/main.tf": DATABASE, "versions/main.tf": versions})
    x = held.get("aws_x.x")
    assert x is not None
    assert x.value("e").value is False and x.value("n").value is UNKNOWN
    assert x.refers_to("i") == "module.a.aws_db_instance.main"
    (versioning,) = held.of("aws_s3_bucket_versioning")
    assert versioning.refers_to("bucket") == "aws_s3_bucket.b"


def test_a_bucket_whose_parts_are_in_another_module_is_not_accused(tmp_path: Path) -> None:
    main = (
        'resource "aws_s3_bucket" "b" {}\nresource "aws_s3_bucket" "c" {}\nresource "aws_s3_bucket" "d" {}\n'
        'module "v" {\n  source = "./versions"\n  bucket = aws_s3_bucket.b.id\n}\n'
        'module "w" {\n  source  = "registry.example.com/x/y/aws"\n  buckets = [aws_s3_bucket.c.id]\n}\n'
    )
    versions = (
        'variable "bucket" {}\nresource "aws_s3_bucket_versioning" "v" {\n  bucket = var.bucket\n'
        '  versioning_configuration {\n    status = "Enabled"\n  }\n}\n'
    )
    result = review(Workspace(tmp_path, {"main.tf": main, "versions/main.tf": versions}), Policy())
    messages = [f.message for f in result.findings if f.control == "bucket-recoverable"]
    assert messages == ["bucket `d` keeps no earlier versions of its objects"]


@pytest.mark.parametrize(
    ("repeat", "values"),
    [
        ("count = 0", []),
        ("count = 3", [False]),
        ("for_each = {}", []),
        ("for_each = var.unknown", [False]),
        ("for_each = toset([])", []),
    ],
)
def test_calls_that_are_repeated(tmp_path: Path, repeat: str, values: list[object]) -> None:
    main = (
        f'module "a" {{\n  source    = "./db"\n  encrypted = false\n  {repeat}\n}}\nvariable "unknown" {{}}\n'
    )
    (held,) = read(tmp_path, {"main.tf": main, "db/main.tf": DATABASE})
    assert encrypted(held) == values


def test_each_instance_of_a_call_has_its_own_values(tmp_path: Path) -> None:
    main = (
        'module "a" {\n  source    = "./db"\n  for_each  = { x = true, y = false }\n  encrypted = each.value\n}\n'
        'resource "aws_x" "x" {\n  one = module.a["y"].encrypted\n  two = module.a[var.u].encrypted\n}\nvariable "u" {}\n'
    )
    (held,) = read(tmp_path, {"main.tf": main, "db/main.tf": DATABASE})
    assert encrypted(held) == [True, False]
    x = held.get("aws_x.x")
    assert x is not None and x.value("one").value is False and x.value("two").value is UNKNOWN


def test_what_is_not_on_disk_leaves_the_rest_incomplete(tmp_path: Path) -> None:
    for source in ("example/vpc/aws", "git::https://example.com/x.git", "./none", "../../out"):
        main = f'module "a" {{\n  source = "{source}"\n  x = aws_s3_bucket.b.id\n}}\nresource "aws_s3_bucket" "b" {{}}\n'
        (held,) = read(tmp_path, {"main.tf": main})
        assert not held.complete and held.handed_on("aws_s3_bucket.b")


def test_rings_of_calls_end(tmp_path: Path) -> None:
    files = {
        "a/main.tf": 'module "b" {\n  source = "../b"\n  count = 2\n}\n' + DATABASE,
        "b/main.tf": 'module "a" {\n  source = "../a"\n}\nmodule "self" {\n  source = "./"\n}\n',
    }
    held = read(tmp_path, files)
    assert sum(len(encrypted(h)) for h in held) >= 1


def test_many_calls_end(tmp_path: Path) -> None:
    files = {f"m{n}/main.tf": "".join(
        f'module "x{k}" {{\n  source = "../m{n + 1}"\n  for_each = toset(["a", "b", each.key])\n  k = each.key\n}}\n' for k in range(6)
    ) for n in range(8)}  # fmt: skip
    files["m8/main.tf"] = DATABASE
    with at_most(20):
        read(tmp_path, files)


def value(tmp_path: Path, files: dict[str, str], name: str = "x") -> object:
    workspace = Workspace(tmp_path, files)
    (unit,) = adapter.units(sorted(files), workspace)
    (root,) = roots(unit, workspace)
    return Evaluator(root).value(root.locals[name])


MAIN = 'variable "v" {\n  default = "default"\n}\nlocals {\n  x = var.v\n}\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "default"),
        ({"terraform.tfvars": 'v = "plain"\n'}, "plain"),
        ({"terraform.tfvars": 'v = "plain"\n', "terraform.tfvars.json": '{"v": "json"}'}, "json"),
        ({"terraform.tfvars.json": '{"v": "json"}', "a.auto.tfvars": 'v = "auto"\n'}, "auto"),
        (
            {"a.auto.tfvars": 'v = "a"\n', "b.auto.tfvars.json": '{"v": "${not.a.template}"}'},
            "${not.a.template}",
        ),
        ({"prod.tfvars": 'v = "prod"\n'}, UNKNOWN),
        ({"override.tf": 'variable "v" {\n  default = "over"\n}\n'}, "over"),
        ({"z_override.tf.json": '{"variable": {"v": {"default": "over"}}}'}, "over"),
    ],
)
def test_which_value_a_variable_has(tmp_path: Path, files: dict[str, str], expected: object) -> None:
    assert value(tmp_path, {"main.tf": MAIN, **files}) == expected


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ('type = bool\n  default = "true"', True),
        ('type = number\n  default = "7"', 7),
        ("type = string\n  default = 7", "7"),
        ('type = list(number)\n  default = ["1"]', [1]),
        ('type = set(string)\n  default = ["b", "a", "b"]', ["a", "b"]),
        ("type = map(string)\n  default = { a = true }", {"a": "true"}),
        (
            "type = object({ a = optional(bool, true), b = optional(string) })\n  default = {}",
            {"a": True, "b": None},
        ),
        ("type = number\n  default = []", UNKNOWN),
        ('sensitive = true\n  default = "x"', UNKNOWN),
        ("type = string", UNKNOWN),
        ("default = null", None),
    ],
)
def test_types_make_values(tmp_path: Path, declared: str, expected: object) -> None:
    text = f'variable "v" {{\n  {declared}\n}}\nlocals {{\n  x = var.v\n}}\n'
    found = value(tmp_path, {"main.tf": text})
    assert found == expected and isinstance(found, bool) == isinstance(expected, bool)


def test_overrides_replace_attributes_and_whole_kinds_of_blocks(tmp_path: Path) -> None:
    main = 'resource "aws_x" "x" {\n  a = 1\n  b = 2\n  rule {\n    n = 1\n  }\n  rule {\n    n = 2\n  }\n}\n'
    over = 'resource "aws_x" "x" {\n  b = 3\n  rule {\n    n = 9\n  }\n}\n'
    (held,) = read(tmp_path, {"main.tf": main, "override.tf": over})
    x = held.get("aws_x.x")
    assert x is not None and x.value("a").value == 1 and x.value("b").value == 3
    assert x.value("b").at.source == "override.tf" and x.value("a").at.source == "main.tf"
    assert [(r.value("n").value, r.value("n").at.source) for r in x.each("rule")] == [(9, "override.tf")]


def test_json_says_what_hcl_says(tmp_path: Path) -> None:
    text = json.dumps({
        "//": "a comment",
        "variable": {"open": {"type": "bool", "default": False}},
        "locals": {"ports": [22, "${local.base + 1}"], "base": 79},
        "resource": {
            "aws_security_group": {
                "x": {
                    "name": "${upper(\"a\")}-b",
                    "ingress": [{"from_port": 22, "cidr_blocks": ["0.0.0.0/0"]}, {"from_port": "${local.base}"}],
                    "egress": {"from_port": 0},
                    "dynamic": {"rule": {"for_each": "${local.ports}", "content": {"port": "${rule.value}"}}},
                }
            }
        },
    })  # fmt: skip
    (held,) = read(tmp_path, {"main.tf.json": text})
    x = held.get("aws_security_group.x")
    assert x is not None and x.value("name").value == "A-b"
    assert [r.value("from_port").value for r in x.each("ingress")] == [22, 79]
    assert x.value("egress", "from_port").value == 0
    at = x.value("ingress", "from_port").at
    assert at.span is not None and text[at.span.start : at.span.end] == "22"


def test_json_that_is_none_is_a_problem(tmp_path: Path) -> None:
    files = {"a.tf.json": "[1]", "b.tf.json": "{", "c.tf.json": '{"locals": {"x": "${("}}', "d.tf.json": "{}"}
    workspace = Workspace(tmp_path, files)
    (unit,) = adapter.units(sorted(files), workspace)
    found = [p for p in adapter.read(unit, workspace) if isinstance(p, Problem)]
    assert [p.source for p in found] == ["a.tf.json", "b.tf.json", "c.tf.json"]
    assert all(p.line == 1 and p.hint for p in found)


def test_opentofu_takes_its_own_file_first(tmp_path: Path) -> None:
    files = {"main.tf": MAIN, "main.tofu": MAIN.replace('default"\n', 'tofu"\n')}
    assert value(tmp_path, files) == "tofu"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, UNKNOWN),
        ({"providers.tf": 'provider "aws" {}\n'}, "default"),
        ({"backend.tf": 'terraform {\n  backend "s3" {}\n}\n'}, "default"),
        ({"terraform.tfvars": ""}, "default"),
        ({"versions.tf": 'terraform {\n  required_version = ">= 1.9"\n}\n'}, UNKNOWN),
    ],
)
def test_a_library_has_no_values_of_its_own(tmp_path: Path, more: dict[str, str], expected: object) -> None:
    library = MAIN + 'output "o" {\n  value = local.x\n}\n'
    assert value(tmp_path, {"main.tf": library, **more}) == expected


def test_terragrunt_calls_a_module_with_its_inputs(tmp_path: Path) -> None:
    files = {
        "modules/db/main.tf": DATABASE,
        "live/db/terragrunt.hcl": 'terraform {\n  source = "../../modules//db"\n}\ninputs = {\n  encrypted = false\n}\n',
    }
    (held,) = read(tmp_path, files)
    (instance,) = held.of("aws_db_instance")
    encrypted = instance.value("storage_encrypted")
    assert encrypted.value is False
    assert [t.source for t in encrypted.at.through] == ["live/db/terragrunt.hcl"]


def test_terragrunt_gives_values_to_the_module_beside_it(tmp_path: Path) -> None:
    files = {"db/main.tf": DATABASE, "db/terragrunt.hcl": "inputs = {\n  encrypted = false\n}\n"}
    (held,) = read(tmp_path, files)
    assert encrypted(held) == [False]


_RULES = (
    'variable "rules" { default = {} }\n'
    'resource "aws_vpc_security_group_ingress_rule" "this" {\n'
    "  for_each          = var.rules\n"
    '  security_group_id = "sg-1"\n'
    '  ip_protocol       = "tcp"\n'
    "  from_port         = each.value\n"
    "  to_port           = each.value\n"
    '  cidr_ipv4         = "0.0.0.0/0"\n'
    "}\n"
)
_OPEN = _RULES.replace("  for_each          = var.rules\n", "").replace("each.value", "22")


def _counted(tmp_path: Path, files: dict[str, str]) -> list[tuple[str, str, bool]]:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = review(tmp_path, Policy(), fixes=False).findings
    wanted = (f for f in found if f.severity > Severity.INFO and f.control.startswith("cloud-network"))
    return sorted((f.at.source, f.context.value, f.counts) for f in wanted)


def test_what_only_examples_give_to_a_module_is_an_example(tmp_path: Path) -> None:
    call = 'module "m" {\n  source = "../.."\n  rules  = { ssh = 22 }\n}\n'
    files = {"main.tf": _RULES, "examples/complete/main.tf": call, "tests/full/main.tf": call}
    assert {context for _, context, counts in _counted(tmp_path, files) if not counts} == {"example", "test"}
    assert not any(counts for _, _, counts in _counted(tmp_path, files))


def test_what_a_module_does_whoever_calls_it_counts_once(tmp_path: Path) -> None:
    call = 'module "m" {\n  source = "../.."\n}\n'
    assert _counted(tmp_path, {"main.tf": _OPEN, "examples/complete/main.tf": call}) == [
        ("main.tf", "production", True)
    ]


def test_what_production_gives_to_a_module_counts_beside_its_examples(tmp_path: Path) -> None:
    call = 'module "m" {\n  source = "../../modules/rules"\n  rules  = { ssh = 22 }\n}\n'
    files = {"modules/rules/main.tf": _RULES, "examples/a/main.tf": call, "live/shop/main.tf": call}
    assert _counted(tmp_path, files) == [("modules/rules/main.tf", "production", True)]


def test_what_a_module_for_callers_turns_on_for_some_is_its_own(tmp_path: Path) -> None:
    root = (
        'provider "aws" {}\nvariable "open" { default = false }\nvariable "rules" { default = {} }\n'
        'module "open" {\n  count  = var.open ? 1 : 0\n  source = "./parts/open"\n}\n'
        'module "rules" {\n  source = "./parts/rules"\n  rules  = var.rules\n}\n'
    )
    call = 'module "m" {\n  source = "../.."\n  open   = true\n  rules  = { ssh = 22 }\n}\n'
    files = {"main.tf": root, "parts/open/main.tf": _OPEN, "parts/rules/main.tf": _RULES}
    files["examples/a/main.tf"] = call
    assert _counted(tmp_path, files) == [
        ("parts/open/main.tf", "production", True),
        ("parts/rules/main.tf", "example", False),
    ]


def test_what_a_deployment_turns_off_is_not_there(tmp_path: Path) -> None:
    root = (
        'provider "aws" {}\nvariable "open" { default = false }\n'
        'module "open" {\n  count  = var.open ? 1 : 0\n  source = "./parts/open"\n}\n'
    )
    assert _counted(tmp_path, {"main.tf": root, "parts/open/main.tf": _OPEN}) == []
