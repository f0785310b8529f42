"""Terraform: modules of the public registry, by data."""

from __future__ import annotations

from pathlib import Path

import pytest

import batten
from batten.formats import Workspace
from batten.formats.hcl import parse
from batten.model import ABSENT, Kind
from batten.technologies.cloud.terraform import adapter
from batten.technologies.cloud.terraform.calls import roots
from batten.technologies.cloud.terraform.registry import NEWEST, Known, known, major
from batten.technologies.cloud.terraform.resources import ModuleResources, resources
from batten.technologies.cloud.terraform.walk import traversals
from batten.technologies.shared.unread.fetched import fetched

DATA = Path(batten.__file__).parent / "technologies" / "terraform" / "registry"
FILES = sorted(DATA.rglob("*.hcl"))


def read(tmp_path: Path, text: str) -> ModuleResources:
    workspace = Workspace(tmp_path, {"main.tf": text})
    (unit,) = adapter.units(["main.tf"], workspace)
    (root,) = roots(unit, workspace)
    return resources(root)


@pytest.mark.parametrize(
    ("source", "version", "name", "submodule", "number"),
    [
        ("terraform-aws-modules/rds/aws", "~> 6.0", "rds", "", 6),
        ("registry.terraform.io/terraform-aws-modules/rds/aws", "", "rds", "", NEWEST),
        ("terraform-aws-modules/iam/aws//modules/iam-account", "5.1.0", "iam", "iam-account", 5),
        ("git::https://github.com/terraform-aws-modules/terraform-aws-rds.git?ref=v3.4.0", "", "rds", "", 3),
        ("git@github.com:terraform-aws-modules/terraform-aws-rds.git", "", "rds", "", NEWEST),
        ("github.com/terraform-aws-modules/terraform-aws-vpc?ref=v2.1.0", "", "vpc", "", 2),
        ("tfr:///terraform-aws-modules/vpc/aws?version=5.8.1", "", "vpc", "", 5),
    ],
)
def test_addresses_of_modules(source: str, version: str, name: str, submodule: str, number: int) -> None:
    assert known(source, version) == Known(f"terraform-aws-modules/{name}", submodule, number)


@pytest.mark.parametrize(
    "source", ["./rds", "rds", "s3::https://example.com/x.zip", "app.terraform.io/acme/rds/aws"]
)
def test_what_is_not_of_the_public_registry(source: str) -> None:
    assert known(source, "") is None


@pytest.mark.parametrize(
    ("source", "version"),
    [
        ("github.com/a/terraform-aws-b?" + "&ref=1" * 100_000 + "?", ""),
        ("terraform-aws-modules/rds/aws", "9" * 5000),
        ("terraform-aws-modules/rds/aws", "< " + "9" * 500),
        ("terraform-aws-modules/../../x/aws", "1.0"),
    ],
)
def test_hostile_addresses(source: str, version: str) -> None:
    found = known(source, version)
    assert found is None or found.major == NEWEST or found.major < 10**6


@pytest.mark.parametrize(
    ("version", "number"),
    [
        ("", NEWEST),
        (">= 4.0", NEWEST),
        (">= 4.0, < 6.0", 5),
        ("< 6.2", 6),
        ("4.1.2", 4),
        ("= 3.0.0", 3),
        ("~> 2.1", 2),
    ],
)
def test_majors(version: str, number: int) -> None:
    assert major(version) == number


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_description_uses_only_what_it_declares(path: Path) -> None:
    body = parse(path.read_text())
    inputs = {b.labels[0] for b in body.blocks if b.type == "variable"}
    used = {
        t.steps[0]
        for block in body.blocks
        for inner in (block, *block.body.walk())
        for attribute in inner.body.attributes.values()
        for t in traversals(attribute.expression)
        if t.root == "var"
    }
    assert used <= inputs
    unused = inputs - used
    assert not unused, "an input without effect would be passed over in silence"


def test_defaults_are_those_of_the_version(tmp_path: Path) -> None:
    for version, encrypted in (("3.1.0", False), ("6.0.0", True), ("", True)):
        told = f'\n  version = "{version}"' if version else ""
        held = read(tmp_path, f'module "db" {{\n  source = "terraform-aws-modules/rds/aws"{told}\n}}')
        (instance,) = held.of("aws_db_instance")
        assert instance.value("storage_encrypted").value is encrypted
        assert held.complete


def test_places_are_the_arguments_of_the_call(tmp_path: Path) -> None:
    text = 'module "db" {\n  source = "terraform-aws-modules/rds/aws"\n  publicly_accessible = true\n}\n'
    (instance,) = read(tmp_path, text).of("aws_db_instance")
    public, engine = instance.value("publicly_accessible"), instance.value("engine")
    assert instance.name == "db"
    assert public.at.kind is Kind.VALUE and public.at.source == "main.tf" and public.at.span is not None
    assert text[public.at.span.start : public.at.span.end] == "true"
    assert public.at.pointer == "module.db.aws_db_instance.this/publicly_accessible" and not public.at.through
    assert engine.value is ABSENT and engine.at.kind is Kind.BLOCK
    assert engine.at.span is not None and text[engine.at.span.start :].startswith("module")


def test_an_argument_of_a_caller_further_out_is_the_way_through(tmp_path: Path) -> None:
    files = {
        "main.tf": 'module "data" {\n  source = "./data"\n  public = true\n}\n',
        "data/main.tf": 'variable "public" {}\nmodule "db" {\n  source = "terraform-aws-modules/rds/aws"\n'
        "  publicly_accessible = var.public\n}\n",
    }
    workspace = Workspace(tmp_path, files)
    (unit,) = adapter.units(sorted(files), workspace)
    (root,) = roots(unit, workspace)
    (instance,) = resources(root).of("aws_db_instance")
    public = instance.value("publicly_accessible")
    assert public.value is True and public.at.source == "data/main.tf"
    assert [t.source for t in public.at.through] == ["main.tf"]


def test_items_of_lists_and_maps_have_places_of_their_own(tmp_path: Path) -> None:
    text = (
        'module "sg" {\n  source = "terraform-aws-modules/security-group/aws"\n  ingress_with_cidr_blocks = [\n'
        '    { rule = "ssh-tcp", cidr_blocks = "10.0.0.0/8" },\n    { rule = "mysql-tcp", cidr_blocks = "0.0.0.0/0" },\n  ]\n}\n'
    )
    rules = list(read(tmp_path, text).of("aws_security_group_rule"))
    assert [(r.value("from_port").value, r.value("cidr_blocks").value) for r in rules] == [
        (22, ["10.0.0.0/8"]),
        (3306, ["0.0.0.0/0"]),
    ]
    spans = [r.value("cidr_blocks").at.span for r in rules]
    assert [text[s.start : s.end] for s in spans if s is not None] == ['"10.0.0.0/8"', '"0.0.0.0/0"']


def test_settings_are_spelled_as_in_the_inventory(tmp_path: Path) -> None:
    text = (
        'resource "aws_appmesh_virtual_node" "x" {\n  spec {\n    dynamic "listener" {\n      for_each = [1]\n'
        '      content {\n        tls {\n          mode = "DISABLED"\n        }\n      }\n    }\n  }\n}\n'
        'module "db" {\n  source = "terraform-aws-modules/rds/aws"\n}\n'
    )
    workspace = Workspace(tmp_path, {"main.tf": text})
    (unit,) = adapter.units(["main.tf"], workspace)
    found = dict(adapter.settings(unit, workspace))
    assert list(found) == ["aws_appmesh_virtual_node.spec.listener.tls.mode"]


def test_the_ledger_names_only_modules_that_are_not_known(tmp_path: Path) -> None:
    text = "".join(
        f'module "{name}" {{\n  source = "{source}"\n}}\n'
        for name, source in (("db", "terraform-aws-modules/rds/aws"), ("other", "example/other/aws"))
    )
    workspace = Workspace(tmp_path, {"main.tf": text})
    assert list(fetched("terraform", "main.tf", workspace)) == [("Terraform module", "example/other/aws")]
