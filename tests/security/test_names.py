"""Masking the other way round: the name of a thing is no secret, whatever is written in it; a secret beside it is one.

Each name stands in a sentence, in lines of files as readers meet them, and in whole reports; each secret beside it.
"""

from __future__ import annotations

import json
import os
import random
import string
from pathlib import Path

import pytest
from click.testing import CliRunner

from batten import masking
from batten.cli import main
from batten.masking import MASK, masked, sentence, telling
from batten.reports import FORMATS

UUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
NAMES = {
    "a volume of CloudFormation": "EC2Volumevol0a1b2c3d4e5f60718",
    "a security group of CloudFormation": "EC2SecurityGroupsg0f9e8d7c6b5a43210",
    "a subnet of CloudFormation": "EC2Subnetsubnet0a1b2c3d4e5f60718",
    "a volume": "vol-0a1b2c3d4e5f60718",
    "a security group": "sg-0f9e8d7c6b5a43210",
    "a network": "vpc-0a1b2c3d4e5f60718",
    "a machine image": "ami-0a1b2c3d4e5f60718",
    "a logical id of CDK": "OrdersFunctionServiceRoleA1B2C3D4",
    "a subnet of CDK": "VpcPublicSubnet1Subnet2BB74ED7",
    "two digests in a logical id": "Orders8F3A2C1DBucketPolicy9E0B1C2D",
    "a short word and a digest": "ApiLambdaV2Fn1A2B3C4D5E6F7A8B9C0D",
    "a physical id": "MyStack-Fn-1A2B3C4D5E6F7G8H",
    "a physical id of a stage": "shop-prod-Api-X1Y2Z3A4B5C6D",
    "a role": "arn:aws:iam::123456789012:role/OrdersStack-FnServiceRoleA1B2C3D4-1X2Y3Z4A5B6C7",
    "a secret's ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:orders/db-AbC1dE",
    "a parameter's ARN": "arn:aws:ssm:eu-central-1:123456789012:parameter/orders/token:3",
    "a KMS key": f"arn:aws:kms:eu-central-1:123456789012:key/{UUID}",
    "a load balancer": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/Shop1Lb/50dc6c495c0c9188",
    "a KMS key of several regions": "mrk-1234abcd12ab34cd56ef1234567890ab",
    "a UUID": UUID,
    "a resource that is called by a UUID": f"Orders{UUID}",
    "a vault that is called by a UUID": f"kv-{UUID.upper()}",
    "a digest of an image": "nginx@sha256:" + "a1b2" * 16,
    "an image that is called after a token": "registry.example.com/shop/auth-token:1.4.2-alpine3",
    "an image by its commit": "ghcr.io/shop/web:sha-11bd71901bbe",
    "a commit": "11bd71901bbe5b1630ceea73d27597364c9af683",
    "an action": "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
    "a file with a digest": "main.3f2a1b9c8d7e6f50.chunk.js",
    "a file with a digest of letters": "static/js/index-BxK3jD9aQw7Zr5Tn2Lm8.js",
    "a style sheet": "app-BxK3jD9aQw7Zr5Tn2Lm8Vp4.css.map",
    "a pod": "orders-api-7d4b9c6f5d-x2k9z",
    "a pod of the cluster": "coredns-5d78c9869d-4xk8l",
    "a release of Helm": "sh.helm.release.v1.orders.v12",
    "a bucket with an account": "shop-artifacts-123456789012-eu-central-1",
    "a bucket of CDK": "cdk-hnb659fds-assets-123456789012-eu-central-1",
    "a resource of Azure": f"/subscriptions/{UUID}/resourceGroups/rg-Shop1-Prod2/providers/Microsoft.KeyVault/vaults/kv1Shop2",
    "a secret of Google's": "projects/shop-prod-412309/secrets/db-password/versions/3",
    "a pool of Google's": "//iam.googleapis.com/projects/412309876543/locations/global/workloadIdentityPools/gh1Pool2",
    "a key of a realm": "passwordPolicy",
    "a key with a unit": "tokenTtlSeconds",
    "an integrity hash": "sha512-9Hqyq5sZ5YbVjnuhyZlcH8gVwuQoeZ5nVhQZkZb1S8VY4QJCZoRLp0Vb9zm6qW7vVTRuWmEw==",
    "an old integrity hash": "sha1-9Hqyq5sZ5YbVjnuhyZlcH8gVwuQ=",
    "a checksum of Go": "h1:9Hqyq5sZ5YbVjnuhyZlcH8gVwuQoeZ5nVhQZkZb1S8V=",
    "a host key's fingerprint": "SHA256:9Hqyq5sZ5YbVjnuhyZlcH8gVwuQoeZ5nVhQZkZb1S8V",
    "a cipher suite": "ECDHE-RSA-AES128-GCM-SHA256",
    "a hosted zone": "Z0123456789ABCDEFGHIJ",
}
LINES = (
    "{}", '"{}": {{', "name: {}", "- {}", '"Ref": "{}"', 'resource "aws_x" "{}" {{', 'bucket = "{}"', "image: {}",
    '{{"a":1,"name":"{}","b":2}}', "<name>{}</name>", "NAME={}",
)  # fmt: skip
SENTENCES = ("`{}` is public", "the resource '{}' has no owner", "{} is not encrypted")

SECRETS = {
    "a password": "password: {}",
    "a variable": "DB_PASSWORD={}",
    "a field of JSON": '{{"clientSecret":"{}"}}',
    "a URL": "postgres://orders:{}@db/orders",
    "an option": "redis-server --requirepass {}",
    "a header": "Authorization: Bearer {}",
    "a header of a proxy": 'location / {{ proxy_set_header X-Api-Key {}; proxy_pass http://a; }}',
    "a header in a string": '"nginx.conf":"server {{\\n  proxy_set_header X-Api-Key {};\\n}}"',
    "a line in a string": '"redis.conf":"port 1\\nrequirepass {}\\n"',
    "a default": '"token":{{"type":"string","default":"{}"}}',
    "a named value": '{{"name":"DB_PASSWORD","value":"{}"}}',
    "an element": "<password>{}</password>",
    "a command": "mysql -u a -p{} orders",
    "a key of a program": 'app.secret_key = "{}"',
    "a cookie": 'res.cookie("sid", "{}")',
    "a fallback": 'process.env.JWT_SECRET || "{}"',
    "SQL": "CREATE USER a IDENTIFIED BY '{}'",
    "a literal": "kubectl create secret generic a --from-literal=key={}",
    "a variable of Compose": "PASSWORD: ${{PW:-{}}}",
    "a name in a folder": "config/password: {}",
    "an ARN before it": "arn:aws:iam::1:role/a password={}",
    "an image before it": "image: shop/auth-token:1.4 token: {}",
    "a digest before it": "sha512-abc= api_key: {}",
    "what chance made": "k: {}",
}  # fmt: skip
VALUE = "x7Lm24kQ9Hq3sZ5YbVj8Wt1Rp"


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    masking.forget()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_stays(name: str) -> None:
    for line in LINES:
        assert masked(line.format(name)) == line.format(name)
    for said in SENTENCES:
        assert sentence(said.format(name)) == said.format(name)


@pytest.mark.parametrize("line", SECRETS.values(), ids=SECRETS.keys())
def test_a_secret_does_not(line: str) -> None:
    shown = masked(line.format(VALUE))
    assert VALUE[:6] not in shown and VALUE[-6:] not in shown and MASK in shown
    assert VALUE[:6] not in masked(f"{next(iter(NAMES.values()))} {line.format(VALUE)}")


@pytest.mark.parametrize(
    "value",
    ["image:", "image: the", "(keeps", "is not set;", "TLSv1.2", "HTTP/1.1", "orders-db2", "AES128-SHA256", "port 80,"],
)  # fmt: skip
def test_words_that_are_a_password_eat_no_sentence(value: str) -> None:
    masking.register(value)
    assert not telling(value)
    said = f"`COPY` copies files into the {value} `.git`"
    assert sentence(said) == said
    assert masked(f'DB_PASSWORD="{value}"') == f'DB_PASSWORD="{MASK}"'


TEMPLATE = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Resources": {
        NAMES["a volume of CloudFormation"]: {
            "Type": "AWS::EC2::Volume",
            "Properties": {"Size": 8, "AvailabilityZone": "eu-central-1a", "Encrypted": False},
        },
        NAMES["a security group of CloudFormation"]: {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {
                "GroupDescription": "a",
                "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}],
            },
        },
        "OrdersDatabase8F3A2C1D": {
            "Type": "AWS::RDS::DBInstance",
            "Properties": {"Engine": "postgres", "PubliclyAccessible": True, "MasterUserPassword": VALUE},
        },
    },
}  # fmt: skip
IN_REPORTS = (
    NAMES["a volume of CloudFormation"],
    NAMES["a security group of CloudFormation"],
    "OrdersDatabase8F3A2C1D",
)


@pytest.mark.parametrize("indent", [None, 1], ids=["on one line", "on lines"])
def test_reports_name_resources_and_show_no_secret(indent: int | None, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "template.json").write_text(json.dumps(TEMPLATE, indent=indent))
    for form in FORMATS:
        masking.forget()
        file = tmp_path / f"report.{form}"
        words = ["review", "--no-cache", os.fspath(root), "--format", form, "--output", os.fspath(file)]
        assert CliRunner().invoke(main, words).exit_code == 1
        text = file.read_text()
        assert VALUE[:8] not in text and VALUE[-8:] not in text, form
        if form in ("json", "sarif", "html"):
            assert [name for name in IN_REPORTS if name not in text] == [], form
    report = json.loads((tmp_path / "report.json").read_text())
    spots = [spot for found in report["findings"] for spot in found["places"]]
    shown = "".join(spot["excerpt"] + spot["message"] for spot in spots)
    assert NAMES["a volume of CloudFormation"] in shown
    assert max(len(spot["excerpt"]) for spot in spots) <= 400


def test_a_password_that_is_a_word_hides_no_other_line(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    compose = "services:\n  db:\n    image: postgres:16\n    privileged: true\n    environment:\n      POSTGRES_PASSWORD: postgres\n"
    (root / "compose.yaml").write_text(compose)
    file = tmp_path / "report.json"
    words = ["review", "--no-cache", os.fspath(root), "--format", "json", "--output", os.fspath(file)]
    CliRunner().invoke(main, words)
    spots = [spot for found in json.loads(file.read_text())["findings"] for spot in found["places"]]
    excerpts = {spot["excerpt"].strip() for spot in spots}
    assert f"POSTGRES_PASSWORD: {MASK}" in excerpts
    assert "image: postgres:16" in excerpts or not any("image:" in text for text in excerpts)
    assert not any("POSTGRES_PASSWORD: postgres" in text for text in excerpts)


@pytest.mark.parametrize("length", [40, 300, 20_000])
@pytest.mark.parametrize("shape", ["compose", "cloudformation", "environment", "nginx"])
def test_a_secret_is_hidden_before_its_line_is_cut(shape: str, length: int, tmp_path: Path) -> None:
    """However long it is, and wherever in its line the excerpt ends."""
    secret = "".join(random.Random(length).choices(string.ascii_letters + string.digits, k=length))
    compose = {"services": {"db": {"image": "redis:7", "privileged": True, "environment": {"A": "b" * 300, "DB_PASSWORD": secret, "Z": "y"}}}}  # fmt: skip
    template = {"Resources": {"Db": {"Type": "AWS::RDS::DBInstance", "Properties": {"MasterUserPassword": secret, "PubliclyAccessible": True, "Engine": "postgres"}}}}  # fmt: skip
    sets = (
        "add_header A b; " * 30
        + f'proxy_set_header Authorization "Bearer {secret}"; proxy_pass http://b; autoindex on;'
    )
    name, text = {
        "compose": ("compose.yaml", json.dumps(compose)),
        "cloudformation": ("template.json", json.dumps(template)),
        "environment": ("production.env", f"A=b\nDB_PASSWORD={secret}\n"),
        "nginx": ("nginx.conf", f"events {{}} http {{ server {{ listen 80; location / {{ {sets} }} }} }}"),
    }[shape]
    root = tmp_path / "root"
    root.mkdir()
    (root / name).write_text(text)
    shown = CliRunner().invoke(main, ["fix", os.fspath(root), "--diff", "--risky", "--no-validate"]).output
    for form in FORMATS:
        masking.forget()
        file = tmp_path / f"report.{form}"
        CliRunner().invoke(
            main, ["review", "--no-cache", os.fspath(root), "--format", form, "--output", os.fspath(file)]
        )
        shown += file.read_text()
    assert not any(secret[at : at + 12] in shown for at in range(0, length - 12, 12))
