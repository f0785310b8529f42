"""What is a credential and what only has the name of one, in every kind of file that is read for them: a table each."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.model import Severity
from batten.policy import Policy

HERE = Path(__file__).parent / "credentials"
CONTROLS = ("secret-not-inline", "secret-not-guessable", "history-free-of-secrets")
_EXPRESS = 'const app = require("express")();\n{}\napp.listen(3000, "127.0.0.1");\n'
# The file of each kind; `{}` is where the text of a row stands.
FILES = {
    "env": (".env", "APP_PORT=8080\n{}\n"),
    "compose": (
        "compose.yaml",
        "services:\n  app:\n    image: registry.example.com/app:2.1.0\n    environment:\n      {}\n",
    ),
    "k8s-env": (
        "app.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\nspec:\n  selector:\n    matchLabels: {app: app}\n  template:\n"
        "    metadata:\n      labels: {app: app}\n    spec:\n      containers:\n        - name: app\n          image: registry.example.com/app:2.1.0\n"
        "          env:\n            - name: {}\n              value: {}\n",
    ),
    "k8s-secret": (
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\nstringData:\n  {}\n",
    ),
    "k8s-config": (
        "config.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\ndata:\n  {}\n",
    ),
    "values": (
        "release.yaml",
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: app\nspec:\n  chart:\n    spec:\n      chart: app\n"
        "  values:\n    {}\n",
    ),
    "appsettings": ("appsettings.json", '{"AllowedHosts": "www.example.org", "Orders": {{}}}\n'),
    "properties": ("src/main/resources/application.properties", "spring.application.name=orders\n{}\n"),
    "grafana": ("grafana.ini", "[security]\n{}\n"),
    "webconfig": (
        "Web.config",
        '<?xml version="1.0"?>\n<configuration>\n  <appSettings>\n    {}\n  </appSettings>\n</configuration>\n',
    ),
    "sql": ("schema.sql", "CREATE TABLE x (id int);\n{}\n"),
    "sh": ("deploy.sh", "#!/bin/sh\nset -eu\n{}\n"),
    "dockerfile": ("Dockerfile", "FROM registry.example.com/base:2.1.0\n{}\n"),
    "make": ("Makefile", "all:\n\ttrue\n{}\n"),
    "github": (
        ".github/workflows/deploy.yml",
        "on: push\njobs:\n  deploy:\n    runs-on: ubuntu-24.04\n    env:\n      {}\n    steps:\n      - run: make deploy\n",
    ),
    "gitlab": (".gitlab-ci.yml", "variables:\n  {}\ndeploy:\n  script: [make deploy]\n"),
    "terraform": ("main.tf", 'resource "orders_service" "main" {\n  {}\n}\n'),
    "django": ("shop/settings.py", 'import os\n\nROOT_URLCONF = "shop.urls"\nINSTALLED_APPS = ["django.contrib.auth"]\n{}\n'),
    "fastapi": ("main.py", "import os\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n{}\n"),
    "express": ("server.js", _EXPRESS),
    "go": (
        "main.go",
        'package main\n\nimport "net/http"\n\n{}\n\nfunc main() {\n\thttp.ListenAndServe("127.0.0.1:8080", nil)\n}\n',
    ),
    "csharp": (
        "Program.cs",
        "var builder = WebApplication.CreateBuilder(args);\nvar configuration = builder.Configuration;\nvar app = builder.Build();\n{}\napp.Run();\n",
    ),
    "laravel": ("config/services.php", "<?php\n\n$x = env('APP_ENV');\n{}\n"),
    "phplang": ("lang/xx/auth.php", "<?php\n\n{}\n"),
    "rails": ("config/initializers/orders.rb", "Rails.application.configure do\n  {}\nend\n"),
    "shx": (
        "deploy.sh",
        "#!/bin/sh\nset -eu\nTOKEN=$1\n{}\n",
    ),
    "nginx": ("nginx.conf", "events {}\nhttp {\n  server {\n    listen 127.0.0.1:8080;\n    location / {\n      {}\n      proxy_pass http://127.0.0.1:3000;\n    }\n  }\n}\n"),
    "systemd": ("app.service", "[Service]\nExecStart=/usr/bin/app\n{}\n"),
    "cloudformation": (
        "template.yaml",
        "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Db:\n    Type: AWS::RDS::DBCluster\n    Properties:\n      Engine: aurora-postgresql\n      {}\n",
    ),
}  # fmt: skip
# What such an application needs beside the file to be one.
BESIDE = {
    "csharp": ("App.csproj", '<Project Sdk="Microsoft.NET.Sdk.Web"></Project>\n'),
    "laravel": ("composer.json", '{"require": {"laravel/framework": "^11.0"}}\n'),
    "phplang": ("composer.json", '{"require": {"laravel/framework": "^11.0"}}\n'),
    "rails": ("Gemfile", 'gem "rails"\n'),
    "express": ("package.json", '{"dependencies": {"express": "5.0.0"}}\n'),
    "django": ("manage.py", "import django\n"),
    "go": ("go.mod", "module example.com/orders\n\ngo 1.23\n"),
}


@cache
def rows(name: str) -> tuple[tuple[str, str, str], ...]:
    lines = (HERE / f"{name}.txt").read_text().splitlines()
    split = (line.split(" | ", 2) for line in lines if line and not line.startswith("#"))
    return tuple((row[0], row[1], row[2] if len(row) > 2 else "") for row in split)


def laid_out(table: tuple[tuple[str, str, str], ...], root: Path) -> None:
    """A folder for each row, so that no row is beside another."""
    for number, (kind, _, text) in enumerate(table):
        name, form = FILES[kind]
        folder = root / f"r{number:03}"
        if kind == "k8s-env":
            variable, _, value = text.partition("=")
            content = form.replace("{}", variable, 1).replace("{}", f'"{value}"', 1)
        elif kind == "appsettings":
            content = form.replace("{{}}", "{" + text + "}")
        else:
            content = form.replace("      {}" if kind == "nginx" else "{}", text, 1)
        for at, what in ((name, content), BESIDE.get(kind, ("", ""))):
            if at:
                (folder / at).parent.mkdir(parents=True, exist_ok=True)
                (folder / at).write_text(what.replace("\\n", "\n") if at == name else what)


def gravest(table: tuple[tuple[str, str, str], ...], root: Path) -> dict[int, Severity]:
    laid_out(table, root)
    found: dict[int, Severity] = {}
    for finding in review(root, Policy(), fixes=False).findings:
        if finding.control in CONTROLS:
            number = int(finding.at.source[1:4])
            found[number] = max(found.get(number, Severity.INFO), finding.severity)
    return found


def test_names_without_credentials_are_not_reported(tmp_path: Path) -> None:
    table = rows("negative")
    found = gravest(table, tmp_path)
    wrong = [
        (table[number], severity.name)
        for number, severity in sorted(found.items())
        if severity > Severity.INFO or table[number][1] == "no"
    ]
    assert wrong == []
    doubted = {number for number, row in enumerate(table) if row[1] == "doubt"}
    assert {number for number in doubted if number not in found} == set()


def test_credentials_are_reported(tmp_path: Path) -> None:
    table = rows("positive")
    found = gravest(table, tmp_path)
    missed = [row for number, row in enumerate(table) if found.get(number, Severity.INFO) <= Severity.INFO]
    assert missed == []


@pytest.mark.parametrize(("name", "least"), [("negative", 300), ("positive", 150)])
def test_tables_have_rows_of_many_kinds(name: str, least: int) -> None:
    table = rows(name)
    assert len(set(table)) == len(table) >= least
    assert len(Counter(kind for kind, _, _ in table)) >= 20
    assert {mark for _, mark, _ in table} <= {"no", "doubt", "yes"}
