from __future__ import annotations

import re
from pathlib import Path

import pytest

from batten.formats import Workspace
from batten.technologies import technologies
from batten.technologies.shared.unread import candidates, elsewhere, is_template, row_of, template_of
from batten.technologies.shared.unread.catalogue import ROWS


def kind(path: str, text: str = "") -> str:
    row = row_of(candidates(path), text)
    return row.kind if row is not None else ""


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("shop/settings.py", "COLOUR = 'red'\n", ""),
        ("values.yaml", "storage:\n  overlay: true\n", ""),
        ("app.py", "app = Sanic('shop')\n", "Sanic application"),
        ("app.py", "# Sanic(1) is not used\n", ""),
        ("config/unicorn.rb", "", "Unicorn settings"),
        ("config/initializers/inflections.rb", "", ""),
        ("application.yml", "colour: red\n", ""),
        ("web/web.Release.config", "<?xml version='1.0'?>\n<configuration>\n", "IIS and ASP.NET settings"),
        ("wp-config.php", "<?php\n", "WordPress settings"),
        ("Tool/Program.cs", "Console.WriteLine(1);\n", ""),
        ("telegraf.conf", "[agent]\n[[outputs.influxdb_v2]]\n", "Telegraf settings"),
        ("loki/loki-config.yaml", "auth_enabled: false\n", "Loki settings"),
        ("nodered/settings.js", "module.exports = {\n  uiPort: 1880,\n", "Node-RED settings"),
        ("ha/configuration.yaml", "default_config:\nhttp:\n", "Home Assistant settings"),
        ("z2m/configuration.yaml", "homeassistant: true\nmqtt:\n  base_topic: zigbee2mqtt\n", ""),
        ("z2m/configuration.yaml", "mqtt:\n  base_topic: z\nserial:\n  port: /dev/ttyUSB0\n", "Zigbee2MQTT settings"),
        ("package.json", '{"dependencies": {"koa": "^3"}}', "Koa application"),
        ("package.json", '{"dependencies": {"koa-like": "^5"}}', ""),
        ("go.mod", "module x\n\nrequire (\n\tgithub.com/beego/beego/v2 v2.3.0\n)\n", "Go web application"),
        ("config/runtime.exs", "import Config\n", "Phoenix settings"),
        ("api/schema.graphql", "type Query {\n", "GraphQL schema"),
        ("api/orders.proto", "service Orders {\n", "gRPC service"),
        ("tomcat/conf/server.xml", "<Server port='8005'>\n", "Tomcat settings"),
        ("deploy/app.ini", "[uwsgi]\nhttp = :80\n", "uWSGI settings"),
        ("db/pg_hba.conf", "host all all all trust\n", ""),
        ("db/postgresql.conf", "listen_addresses = '*'\n", ""),
        ("db/50-server.cnf", "[mysqld]\n", ""),
        ("db/client.cnf", "[client]\n", ""),
        ("redis/users.acl", "user default on nopass ~* +@all\n", ""),
        ("infra/main.tf", 'resource "azurerm_storage_account" "a" {\n', "Terraform resources of Azure"),
        ("infra/main.tf", 'resource "google_storage_bucket" "a" {\n', "Terraform resources of Google Cloud"),
        ("infra/main.tf", 'resource "google_storage_bucket" "a" {\n}\nresource "aws_s3_bucket" "b" {\n', ""),
        ("infra/Pulumi.yaml", "runtime: yaml\nresources:\n  a:\n    type: gcp:storage:Bucket\n", "Pulumi resources of Google Cloud"),
        ("infra/Pulumi.yaml", "runtime: yaml\nresources:\n  a:\n    type: aws:s3:Bucket\n", ""),
        ("infra/main.bicep", "", "Azure Bicep"),
        ("infra/arm.json", '{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"}', "Azure Resource Manager template"),
        ("serverless.ts", "const service = {\n", "Serverless Framework service"),
        ("playbooks/site.yml", "- name: All of it\n  hosts: web\n", "Ansible playbook"),
        ("jobs/api.nomad", 'job "api" {\n', "Nomad job"),
        ("k8s/mesh.yaml", "apiVersion: networking.istio.io/v1\nkind: EnvoyFilter\n", "Istio extension"),
        ("k8s/bucket.yaml", "apiVersion: s3.aws.upbound.io/v1beta1\nkind: Bucket\n", "Crossplane resource"),
        ("k8s/note.yaml", "apiVersion: v1\nkind: ConfigMap\n# not istio.io/\n", ""),
        ("Jenkinsfile", "", "Jenkins pipeline"),
        (".circleci/config.yml", "version: 2.1\n", "CircleCI pipeline"),
        ("other/config.yml", "version: 2.1\n", ""),
        ("azure-pipelines.yml", "", "Azure pipeline"),
    ],
)  # fmt: skip
def test_a_name_and_a_start_say_what_it_is(path: str, text: str, expected: str) -> None:
    assert kind(path, text) == expected


@pytest.mark.parametrize("technology", technologies().values(), ids=lambda t: t.name)
def test_nothing_that_a_technology_reads_is_unread_by_its_name(technology: object) -> None:
    example = getattr(technology, "example", "")
    silent = [row for row in candidates(example) if not (row.shows or row.has)]
    assert silent == [], (
        "give the row what its text must show or have: its glob fits a file that a technology reads"
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.kind)
def test_a_row_can_be_found(row: object) -> None:
    for glob in getattr(row, "files", "").split():
        assert "*" not in glob.rpartition("/")[2].rpartition(".")[2], glob
        path = re.sub(r"\*\*/|\*", "a", glob)
        assert row in candidates(path), path


def test_templates_are_of_what_would_be_read() -> None:
    def made(path: str, text: str) -> list[str]:
        return [t.name for t in template_of(path, text)] if is_template(path) else []

    assert made("templates/nginx.conf.j2", "server {\n    listen {{ port }};\n    server_name a;\n}\n") == [
        "nginx"
    ]
    assert made("compose.yaml.tmpl", "services:\n  a:\n    image: b\n") == ["compose"]
    assert made("page.html.j2", "<html>") == []
    assert made("notes.conf.erb", "colour = red\n") == []
    assert made("nginx.conf", "server {\n    listen 80;\n}\n") == []


CHART = """\
name: shop
dependencies:
  - {name: cache, version: 1.0.0, repository: "https://charts.example.com"}
  - {name: off, version: 1.0.0, repository: "https://charts.example.com", condition: off.enabled}
  - {name: here, version: 1.0.0, repository: "https://charts.example.com"}
  - {name: packed, version: 1.0.0, repository: "https://charts.example.com"}
  - {name: beside, version: 1.0.0, repository: "file://../beside"}
"""
HERE = {
    "values.yaml": "off: {enabled: false}\n",
    "charts/here/Chart.yaml": "name: here\n",
    "charts/packed-1.0.0.tgz": "",
}


@pytest.mark.parametrize(
    ("technology", "path", "text", "expected"),
    [
        ("helm", "Chart.yaml", CHART, [("Helm dependency", "cache 1.0.0")]),
        ("helm", "values.yaml", CHART, []),
        (
            "kustomize",
            "kustomization.yaml",
            "resources: [a.yaml, 'https://example.com/b.yaml']\nhelmCharts: [{name: c, repo: 'https://example.com'}]\n",
            [("Kustomize base", "https://example.com/b.yaml"), ("Helm chart of a kustomization", "c")],
        ),
        (
            "terraform",
            "main.tf",
            'module "a" {\n  source = "./a"\n}\nmodule "b" {\n  version = "1"\n  source  = "x/b/aws"\n}\n'
            'resource "aws_s3_object" "c" {\n  source = "c.txt"\n}\n',
            [("Terraform module", "x/b/aws")],
        ),
        (
            "cloudformation",
            "template.yaml",
            "      TemplateURL: https://s3.example.com/a.yaml\n      TemplateURL: ./b.yaml\n",
            [("CloudFormation stack", "https://s3.example.com/a.yaml")],
        ),
        (
            "gitlab_ci",
            ".gitlab-ci.yml",
            "include:\n  - local: a.yml\n  - project: group/b\n    file: b.yml\n",
            [("GitLab CI include", "group/b")],
        ),
        ("nginx", "nginx.conf", "include https://a;\n", []),
        ("kustomize", "kustomization.yaml", "resources: [\n", []),
    ],
)
def test_what_is_taken_from_other_places(
    technology: str, path: str, text: str, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert list(elsewhere(technology, path, Workspace(tmp_path, {**HERE, path: text}))) == expected
