"""Terraform: what functions, `for`, splats and templates come to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.formats import SyntaxProblem, Workspace
from batten.formats.hcl import parse
from batten.model import UNKNOWN
from batten.technologies.cloud.terraform import adapter
from batten.technologies.cloud.terraform.calls import roots
from batten.technologies.cloud.terraform.evaluate import Evaluator, Reference
from spending import at_most

DECLARED = """
variable "open" {}
locals {
  rules = { web = { port = 80 }, ssh = { port = 22, cidr = "10.0.0.0/8" } }
  names = ["b", "a", "b"]
}
resource "aws_subnet" "x" {}
"""


def value_of(expression: str, root: Path, **files: str) -> object:
    texts = {"main.tf": DECLARED, "more.tf": f"locals {{\n  result = {expression}\n}}\n", **files}
    workspace = Workspace(root, texts)
    (unit,) = adapter.units(sorted(f for f in texts if f.endswith(".tf")), workspace)
    module = roots(unit, workspace)[0]
    assert module.problems == []
    return Evaluator(module).value(module.locals["result"])


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[for k, r in local.rules : r.port]", [22, 80]),
        ("{ for k, r in local.rules : k => r.port if r.port > 30 }", {"web": 80}),
        ('{ for n in local.names : n => "x"... }', {"a": ["x"], "b": ["x", "x"]}),
        ("[for n in var.open : n]", UNKNOWN),
        ("[for i, n in local.names : i]", [0, 1, 2]),
        ("values(local.rules)[*].port", [22, 80]),
        ("local.names.*", ["b", "a", "b"]),
        ("var.open[*].id", UNKNOWN),
        ("null[*]", []),
        ("aws_subnet.x[*].id", Reference("aws_subnet", "x", "id")),
        ('try(local.rules.web.cidr, "none")', "none"),
        ("try(local.rules.ssh.cidr, 1)", "10.0.0.0/8"),
        ("try(var.open.x, 1)", UNKNOWN),
        ("can(local.rules.web.cidr)", False),
        ("can(local.rules.ssh.cidr)", True),
        ("can(var.open)", UNKNOWN),
        ('lookup(local.rules.web, "cidr", "0.0.0.0/0")', "0.0.0.0/0"),
        ('lookup(local.rules, "none")', UNKNOWN),
        ("element(local.names, 4)", "a"),
        ("distinct(local.names)", ["b", "a"]),
        ("toset(local.names)", ["a", "b"]),
        ("sort(local.names)", ["a", "b", "b"]),
        ("flatten([[1, [2]], [], 3])", [1, 2, 3]),
        ("flatten([[1], var.open])", UNKNOWN),
        ("keys(local.rules)", ["ssh", "web"]),
        ('contains(local.names, "a")', True),
        ('contains([var.open], "a")', UNKNOWN),
        ("zipmap(toset(local.names), [1, 2])", {"a": 1, "b": 2}),
        ("setproduct([1, 2], [3])", [[1, 3], [2, 3]]),
        ("one([])", None),
        ("one([7])", 7),
        ("one([7, 8])", UNKNOWN),
        ("sum([1, 2.5])", 3.5),
        ("max(local.rules...)", UNKNOWN),
        ("max([1, 3]...)", 3),
        ("merge([{ a = 1 }, { b = 2 }]...)", {"a": 1, "b": 2}),
        ('replace("a-b", "-", "_")', "a_b"),
        ('replace("a-b", "/-/", "_")', UNKNOWN),
        ('split(",", "a,b")', ["a", "b"]),
        ('format("%s-%03d-%s%%", "a", 7, true)', "a-007-true%"),
        ('format("%s", var.open)', UNKNOWN),
        ('format("%[2]s", "a", "b")', UNKNOWN),
        ('formatlist("%s/32", ["1.1.1.1", "2.2.2.2"])', ["1.1.1.1/32", "2.2.2.2/32"]),
        ('cidrsubnet("10.0.0.0/16", 8, 2)', "10.0.2.0/24"),
        ('cidrsubnets("10.0.0.0/16", 1, 2)', ["10.0.0.0/17", "10.0.128.0/18"]),
        ('cidrhost("10.0.0.0/24", -2)', "10.0.0.254"),
        ('cidrnetmask("10.0.0.0/12")', "255.240.0.0"),
        ('cidrsubnet("nonsense", 8, 2)', UNKNOWN),
        ("jsondecode(jsonencode({ a = 1 })).a", 1),
        ('jsondecode("{\\"a\\": [1]}").a[0]', 1),
        ("range(3)", [0, 1, 2]),
        ("range(100000)", UNKNOWN),
        ('tonumber("12") + 1', 13),
        ("10 / 4", 2.5),
        ("10 % 4 >= 2", True),
        ("1 / 0", UNKNOWN),
        ('1 == "1"', False),
        ("1 == true", False),
        ("var.open == null", UNKNOWN),
        ("null == null", True),
        ("[var.open] == []", UNKNOWN),
        ("!var.open", UNKNOWN),
        ('"a${1.0}"', "a1"),
        ("local.rules[var.open]", UNKNOWN),
        ('compact(["a", null, ""])', ["a"]),
        ('coalesce(var.open, "x")', UNKNOWN),
        ('base64decode(base64encode("x"))', "x"),
        ("core::max(1, 2)", 2),
    ],
)
def test_what_functions_come_to(tmp_path: Path, expression: str, value: object) -> None:
    found = value_of(expression, tmp_path)
    assert found == value and isinstance(found, bool) == isinstance(value, bool)


def test_a_document_with_holes_is_known_but_for_them(tmp_path: Path) -> None:
    policy = '<<-EOT\n    {"Statement": [{"Action": "*", "Resource": "${var.open}/*", "Effect": "${var.open}/*", "Sid": ${jsonencode(["a"])}}]}\n  EOT'
    statement = {"Action": "*", "Resource": "\0/*", "Effect": UNKNOWN, "Sid": ["a"]}
    assert value_of(policy, tmp_path) == {
        "Statement": [statement]
    }  # of what a resource is called, what is known is kept


def test_files_below_the_root_are_read(tmp_path: Path) -> None:
    files = {"policies/p.json": '{"a": 1}', "policies/t.tftpl": "hello ${name}"}
    assert value_of('jsondecode(file("${path.module}/policies/p.json")).a', tmp_path, **files) == 1
    assert value_of('templatefile("policies/t.tftpl", { name = "x" })', tmp_path, **files) == "hello x\n"
    assert value_of('file("../../etc/passwd")', tmp_path) is UNKNOWN
    assert value_of('file("/etc/passwd")', tmp_path) is UNKNOWN
    assert value_of('fileexists("none.txt")', tmp_path) is UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        # texts, lists and comparisons that double at every step
        'locals {\n  s0 = "aaaaaaaaaaaaaaaa"\n'
        + "".join(f'  s{n} = "${{local.s{n - 1}}}${{local.s{n - 1}}}"\n' for n in range(1, 60))
        + "  result = local.s59\n}\n",
        "locals {\n  l0 = [1, 1]\n"
        + "".join(f"  l{n} = [local.l{n - 1}, local.l{n - 1}]\n" for n in range(1, 60))
        + "  result = local.l59 == local.l59 ? 1 : 1\n}\n",
        "locals {\n  r = range(1000)\n  result = [for a in local.r : [for b in local.r : [for c in local.r : a]]]\n}\n",
        "locals {\n  a = local.b\n  b = [for x in local.a : local.b]\n  result = local.a\n}\n",
        "locals {\n  result = " + "(" * 100 + "1" + ")" * 100 + "\n}\n",
    ],
)
def test_what_would_never_end_is_unknown_soon(tmp_path: Path, text: str) -> None:
    workspace = Workspace(tmp_path, {"main.tf": text})
    (unit,) = adapter.units(["main.tf"], workspace)
    module = roots(unit, workspace)[0]
    with at_most(10):
        Evaluator(module).value(module.locals["result"])


PARTS = """
resource data variable locals module dynamic for_each count content = { } [ ] ( ) , : ? " ${ for in if
each.value count.index var.a local.b module.c.d aws_s3_bucket.x.id jsonencode merge try null true 1 -1
"a" 'x' * .* [*] ... => == && ! \\ # // /* */ statement policy ingress
"""
CALLED = """
merge concat lookup element coalesce try can format join split replace toset flatten keys values length
contains distinct zipmap setproduct one sum slice range substr sort max tonumber jsondecode jsonencode
cidrsubnet cidrhost formatlist setsubtract compact tobool trim
"""
NAMES = st.sampled_from(["aws_s3_bucket", "aws_db_instance", "aws_iam_policy", "aws_security_group", "x"])
WORDS = st.sampled_from([*PARTS.split(), "<<EOT\n", "\nEOT\n", "\n"])


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS | NAMES, max_size=60).map(" ".join) | st.text(max_size=80))
def test_any_text_gives_facts_or_a_problem(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    workspace = Workspace(
        tmp_path_factory.getbasetemp(), {"main.tf": text, "main.tf.json": text, "plan.json": text}
    )
    for unit in adapter.units(["main.tf", "main.tf.json", "plan.json"], workspace):
        list(adapter.read(unit, workspace))


EXPRESSIONS = st.recursive(
    st.sampled_from(
        ["1", "null", "true", '"a"', "var.open", "local.names", "local.rules", "aws_subnet.x.id", "-1"]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"[{p[0]}, {p[1]}]"),
        st.tuples(inner, inner).map(lambda p: f'{{ a = {p[0]}, ("b") = {p[1]} }}'),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} ? {p[1]} : {p[2]})"),
        st.tuples(inner, inner).map(lambda p: f"[for k, v in {p[0]} : {p[1]} if k != v]"),
        st.tuples(inner, inner, st.sampled_from(["+", "==", "&&", "<", "/", "%"])).map(
            lambda p: f"({p[0]} {p[2]} {p[1]})"
        ),
        st.tuples(inner, inner).map(lambda p: f"({p[0]})[{p[1]}]"),
        st.tuples(
            st.sampled_from(CALLED.split()),
            st.lists(inner, max_size=3),
        ).map(lambda p: f"{p[0]}({', '.join(p[1])})"),
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(EXPRESSIONS)
def test_any_expression_comes_to_something(tmp_path_factory: pytest.TempPathFactory, expression: str) -> None:
    try:
        parse(f"x = {expression}\n")
    except SyntaxProblem:
        return
    value_of(expression, tmp_path_factory.getbasetemp())
