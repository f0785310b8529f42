"""Files of one line: what tools write for programs, and what everybody's files are when they are minified.

`forms()` yields, by name, a function from a number of characters to the files of a repository of about that size. The
pages' own blocks are among them for each technology, so one that is added joins by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from growth_shapes import FILES, HEADS, Files, blocks, merged, rows
from growth_shapes import _documents as documents

from batten.technologies import technologies

Form = Callable[[int], Files]
KIB = 1024
SIZES = (64 * KIB, 256 * KIB, 1024 * KIB)


def dumped(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def listed(file: str, whole: Callable[[list[Any]], object], item: Callable[[int], object]) -> Form:
    """A document around a list of as many items as make its size."""

    def make(size: int) -> Files:
        items: list[object] = []
        length = 0
        while length < size:
            items.append(item(len(items)))
            length += len(dumped(items[-1])) + 1
        return {file: dumped(whole(items))}

    return make


def keyed(
    file: str, whole: Callable[[dict[str, Any]], object], item: Callable[[int], tuple[str, object]]
) -> Form:
    return listed(file, lambda items: whole(dict(items)), lambda n: list(item(n)))


def joined(file: str, head: str, item: Callable[[int], str], tail: str = "") -> Form:
    """A text on one line, of as many pieces as make its size."""

    def make(size: int) -> Files:
        pieces: list[str] = []
        length = 0
        while length < size:
            pieces.append(item(len(pieces)))
            length += len(pieces[-1])
        return {file: head + "".join(pieces) + tail}

    return make


def _deployment(n: int) -> dict[str, Any]:
    """As `kubectl get deployments -o json` answers: with what the cluster adds."""
    name = f"web-{n}"
    labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": "shop",
        "pod-template-hash": f"{n:010x}",
    }
    owned = {
        "f:metadata": {"f:labels": {".": {}, "f:app.kubernetes.io/name": {}}},
        "f:spec": {"f:replicas": {}, "f:strategy": {"f:type": {}}},
    }
    container = {
        "name": "web", "image": f"registry.example.com/shop/{name}:1.{n}.0", "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
        "env": [{"name": "DB_PASSWORD", "value": f"hunter2-x7Lm{n:04}k"}, {"name": "LOG_LEVEL", "value": "info"}],
        "resources": {"limits": {"memory": "128Mi"}, "requests": {"cpu": "100m", "memory": "64Mi"}},
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        "securityContext": {"privileged": n % 7 == 0},
    }  # fmt: skip
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": name, "namespace": "shop", "labels": labels, "generation": 1, "resourceVersion": str(48_000 + n),
            "uid": f"3f2504e0-4f89-41d3-9a0c-{n:012x}", "creationTimestamp": "2026-01-01T00:00:00Z",
            "annotations": {"deployment.kubernetes.io/revision": "1", "meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "shop"},
            "managedFields": [{"apiVersion": "apps/v1", "fieldsType": "FieldsV1", "fieldsV1": owned, "manager": "helm", "operation": "Update"}],
        },
        "spec": {
            "replicas": 2, "revisionHistoryLimit": 10, "selector": {"matchLabels": labels},
            "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}, "type": "RollingUpdate"},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "terminationGracePeriodSeconds": 30}},
        },
        "status": {
            "availableReplicas": 2, "observedGeneration": 1, "readyReplicas": 2, "replicas": 2, "updatedReplicas": 2,
            "conditions": [{"lastTransitionTime": "2026-01-01T00:00:00Z", "message": "Deployment has minimum availability.", "reason": "MinimumReplicasAvailable", "status": "True", "type": "Available"}],
        },
    }  # fmt: skip


def _component(n: int) -> dict[str, Any]:
    name, version = f"package-{n}", f"2.{n % 40}.{n % 7}"
    return {
        "type": "library", "bom-ref": f"pkg:npm/{name}@{version}", "name": name, "version": version, "scope": "required",
        "hashes": [{"alg": "SHA-512", "content": f"{n:0128x}"}], "licenses": [{"license": {"id": "MIT"}}],
        "purl": f"pkg:npm/{name}@{version}",
        "externalReferences": [{"type": "distribution", "url": f"https://registry.example.com/{name}/-/{name}-{version}.tgz"}],
    }  # fmt: skip


def _spdx(n: int) -> dict[str, Any]:
    purl = f"pkg:pypi/package-{n}@1.{n}"
    return {
        "SPDXID": f"SPDXRef-{n}", "name": f"package-{n}", "versionInfo": f"1.{n}", "downloadLocation": "NOASSERTION",
        "licenseConcluded": "MIT", "filesAnalyzed": False, "copyrightText": "NOASSERTION",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}],
    }  # fmt: skip


def _locked(n: int) -> tuple[str, object]:
    row = {"version": f"1.{n}.0", "resolved": f"https://registry.example.com/p{n}/-/p{n}-1.{n}.0.tgz",
           "integrity": f"sha512-{n:086}==", "license": "MIT", "engines": {"node": ">=18"}}  # fmt: skip
    return f"node_modules/p{n}", row


def _resource(n: int) -> tuple[str, object]:
    tags = [
        {"Key": key, "Value": f"{key}-{n}"}
        for key in ("Name", "Owner", "CostCentre", "Stack", "Stage", "Commit", "Region", "Class")
    ]
    kinds: tuple[dict[str, Any], ...] = (
        {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"orders-{n}-123456789012", "AccessControl": "PublicRead", "Tags": tags}},
        {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "a", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}], "Tags": tags}},
        {"Type": "AWS::EC2::Volume", "Properties": {"Size": 8, "AvailabilityZone": "eu-central-1a", "Tags": tags}},
    )  # fmt: skip
    return f"Resource{n:04x}A1B2C3", kinds[n % 3] | {
        "Metadata": {"aws:cdk:path": f"Shop/Stack/Resource{n}/Resource"}
    }


def _operation(n: int) -> tuple[str, object]:
    described = "Lists what the shop has, page by page; the caller's rights decide what is in it. " * 3
    item = {
        "type": "object",
        "properties": {
            f"field{i}": {"type": "string", "maxLength": 80, "description": "A field of the order."}
            for i in range(8)
        },
    }
    answer = {
        "description": described,
        "content": {"application/json": {"schema": {"type": "array", "maxItems": 100, "items": item}}},
    }
    return f"/v1/orders/{n}", {"get": {"operationId": f"get{n}", "summary": "List", "description": described, "responses": {"200": answer}}}  # fmt: skip


def _bucket(n: int) -> tuple[str, object]:
    tags = {
        key: f"{key}-{n}"
        for key in ("Name", "Owner", "CostCentre", "Stack", "Stage", "Commit", "Region", "Class")
    }
    return f"bucket_{n}", {"bucket": f"orders-{n}-123456789012", "force_destroy": False, "tags": tags}


def _planned(n: int) -> dict[str, Any]:
    values = {
        "bucket": f"orders-{n}",
        "arn": None,
        "force_destroy": False,
        "tags": {"Name": f"orders-{n}", "Owner": "shop", "Stack": "data"},
    }
    return {"address": f"aws_s3_bucket.b{n}", "mode": "managed", "type": "aws_s3_bucket", "name": f"b{n}",
            "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0, "values": values, "sensitive_values": {"tags": {}}}  # fmt: skip


def _service(n: int) -> tuple[str, object]:
    environment = {f"SETTING_{i}": f"value-{n}-{i}" for i in range(12)}
    return f"web-{n}", {"image": f"registry.example.com/shop/web-{n}:1.{n}", "environment": environment, "labels": environment, "ports": [f"{n % 60000}:8080"]}  # fmt: skip


def _route(n: int) -> str:
    return f'app.get("/v1/items/{n}",function(e,t){{t.set("X-Item","{n}"),t.json({{id:e.params.id,name:"item {n}",size:{n}}})}});'


# What tools write on one line, with as much in it as they write.
WRITTEN: dict[str, Form] = {
    "kubernetes: a list, as kubectl prints it": listed("k8s/list.json", lambda i: {"apiVersion": "v1", "kind": "List", "items": i}, _deployment),
    "kubernetes: a list in flow style": listed("k8s/list.yaml", lambda i: {"apiVersion": "v1", "kind": "List", "items": i}, _deployment),
    "sbom: CycloneDX": listed("bom.cdx.json", lambda i: {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": i}, _component),
    "sbom: SPDX": listed("a.spdx.json", lambda i: {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "a", "packages": i}, _spdx),
    "packages: package-lock.json": keyed("package-lock.json", lambda i: {"name": "a", "lockfileVersion": 3, "packages": i}, _locked),
    "cloudformation: a template": keyed("template.json", lambda i: {"AWSTemplateFormatVersion": "2010-09-09", "Resources": i}, _resource),
    "openapi: a contract": keyed("openapi.json", lambda i: {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "servers": [{"url": "https://api.example.com"}], "paths": i}, _operation),
    "terraform: JSON": keyed("main.tf.json", lambda i: {"resource": {"aws_s3_bucket": i}}, _bucket),
    "terraform: a plan": listed("plan.json", lambda i: {"format_version": "1.2", "planned_values": {"root_module": {"resources": i}}}, _planned),
    "compose: in flow style": keyed("compose.yaml", lambda i: {"services": i}, _service),
    "express: a bundle": joined("app.js", 'const express=require("express"),app=express();', _route, "app.listen(8080);"),
    "nginx: one line": joined("nginx.conf", "http { ", lambda n: f"server {{ listen 443 ssl; server_name a{n}.example.com; ssl_certificate /etc/ssl/a{n}.pem; ssl_certificate_key /etc/ssl/a{n}.key; location /v1/items/{n} {{ proxy_pass http://backend-{n}; proxy_set_header Host $host; proxy_read_timeout 30s; }} }} ", "}"),
    "caddy: JSON": keyed("caddy.json", lambda i: {"apps": {"http": {"servers": i}}}, lambda n: (f"s{n}", {"listen": [f":{n % 60000}"], "routes": [{"match": [{"host": [f"a{n}.example.com"]}], "handle": [{"handler": "reverse_proxy", "upstreams": [{"dial": f"b{n}:80"}]}]}]})),
    "aspnet: appsettings.json": keyed("appsettings.json", lambda i: {"AllowedHosts": "*", "ConnectionStrings": i}, lambda n: (f"Orders{n}", f"Server=db{n};Database=orders;User Id=orders;Password=hunter2-x7Lm{n:04}k;TrustServerCertificate=true")),
    "aspnet: web.config": joined("web.config", "<configuration><system.webServer><httpProtocol><customHeaders>", lambda n: f'<add name="X-Powered-By-{n}" value="ASP.NET {n}" />', "</customHeaders></httpProtocol></system.webServer></configuration>"),
    "packages: pom.xml": joined("pom.xml", "<project><modelVersion>4.0.0</modelVersion><dependencies>", lambda n: f"<dependency><groupId>org.example</groupId><artifactId>part-{n}</artifactId><version>1.{n}</version></dependency>", "</dependencies></project>"),
    "dockerfile: one RUN": joined("Dockerfile", "FROM debian:12\nRUN true", lambda n: f" && curl -fsSL https://example.com/part-{n}.tar.gz -o /tmp/part-{n}.tar.gz && tar -xzf /tmp/part-{n}.tar.gz -C /opt/part-{n}", "\n"),
    "dockerfile: one ENV": joined("Dockerfile", "FROM debian:12\nENV A=b", lambda n: f" SETTING_{n}=value-{n} TOKEN_{n}=hunter2-x7Lm{n:04}k", "\n"),
    "shell: one line": joined("start.sh", "#!/bin/sh\ntrue", lambda n: f"; docker run -d --name web-{n} --restart=always --env SETTING=value-{n} --network shop registry.example.com/shop/web:{n}", "\n"),
    "environment: one giant value": joined("production.env", "NAME=", lambda n: f"value-{n},", "\nDB_PASSWORD=hunter2-x7Lm24kQ\n"),
    "environment: one giant secret": joined("production.env", "DB_PASSWORD=", lambda n: f"x7Lm{n}-", "\nNAME=value\n"),
    "laravel: one line": joined("config/app.php", "<?php return ['debug' => true, 'key' => 'base64:x7Lm24kQx7Lm24kQx7Lm24kQx7Lm24kQ=', 'providers' => [", lambda n: f"'App\\\\Providers\\\\Provider{n}' => ['debug' => true, 'host' => '0.0.0.0'], ", "]];"),
    "spring: one giant value": joined("application.properties", "management.endpoints.web.exposure.include=*\nspring.datasource.password=hunter2-x7Lm24kQ\nallowed=", lambda n: f"https://a{n}.example.com,", "\n"),
    "traefik: TOML in line": joined("traefik.toml", "entryPoints = {", lambda n: f"e{n} = {{ address = ':{n % 60000}', forwardedHeaders = {{ insecure = true }} }}, ", "z = { address = ':1' } }\n"),
    "bake: HCL on lines": joined("docker-bake.hcl", "", lambda n: f'target "t{n}" {{ args = {{ TOKEN = "hunter2-x7Lm{n:04}k", SETTING = "value-{n}" }} }}\n'),
    "rabbitmq: definitions": listed("definitions.json", lambda i: {"rabbitmq_version": "4.0", "users": i}, lambda n: {"name": f"u{n}", "password_hash": f"x7Lm{n:030}", "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": ["administrator"], "limits": {}}),
    "keycloak: a realm": listed("realm.json", lambda i: {"realm": "a", "sslRequired": "none", "clients": i}, lambda n: {"id": f"3f2504e0-4f89-41d3-9a0c-{n:012x}", "clientId": f"c{n}", "secret": f"x7Lm{n:028}", "redirectUris": ["*"], "webOrigins": ["*"], "publicClient": False, "attributes": {"backchannel.logout.url": f"https://a{n}.example.com", "pkce": "S256"}}),
    "devcontainer: one line": joined(".devcontainer/devcontainer.json", '{"image":"debian:12","runArgs":["--privileged"', lambda n: f',"--env","SETTING_{n}=value-{n}"', "]}"),
    "github_actions: in flow style": keyed(".github/workflows/a.yml", lambda i: {"on": "push", "jobs": i}, lambda n: (f"j{n}", {"runs-on": "ubuntu-24.04", "steps": [{"uses": "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683"}, {"name": f"Step {n}", "run": f"curl -k https://a{n}.example.com/part-{n}"}]})),
    "clickhouse: one line": joined("clickhouse.xml", "<clickhouse><http_port>8123</http_port><users>", lambda n: f"<u{n}><password>hunter2-x7Lm{n:04}k</password><networks><ip>::/0</ip></networks><profile>default</profile></u{n}>", "</users></clickhouse>"),
}  # fmt: skip


def _flow(name: str, file: str) -> Form:
    """The pages' blocks as one document on one line."""

    def make(size: int) -> Files:
        return _grown(
            lambda count: {p: dumped(_loaded(t)) for p, t in merged(f"{file}.json", name)(count).items()},
            file,
            size,
        )

    return make


def _loaded(text: str) -> object:
    loaded: object = json.loads(text)
    return loaded


def _on_one_line(name: str, file: str) -> Form:
    """The pages' blocks without their line ends: for most syntaxes that is another text, which is read as what it is."""

    def text(count: int) -> Files:
        return {file: _COMMENT.sub("", " ".join("\n".join(rows(name, count)).split("\n")))}

    return lambda size: _grown(text, file, size)


_COMMENT = re.compile(r"(?m)^\s*(?:#|//|;)[^\n]*\n")


def _grown(make: Callable[[int], Files], file: str, size: int) -> Files:
    count = 8
    while sum(map(len, made := make(count).values())) < size and count < 20_000:
        length = sum(map(len, made))
        count = max(count + 1, min(count * 8, count * size // max(length, 1) + 1))
    return {file: "".join(make(count).values())}


def _giant(file: str) -> Form:
    """A file's head and a line as long as the size behind it."""
    return lambda size: {file: HEADS[file] + "# " + "word " * (size // 5) + "\n"}


def of_pages() -> dict[str, Form]:
    made: dict[str, Form] = {}
    for name, technology in technologies().items():
        if name not in blocks():
            continue
        made[f"{name}: the pages' blocks"] = _of_blocks(name, FILES.get(name, technology.example))
    return made


def _of_blocks(name: str, file: str) -> Form:
    """Which of the two forms it is shows when the blocks are parsed: not before the form is written, since it takes seconds."""

    def text(size: int) -> Files:
        whole = len(documents(name)) * 2 > len(blocks()[name])
        return (_flow(name, file) if whole else _on_one_line(name, file))(size)

    return text


def forms() -> Iterator[tuple[str, Form]]:
    yield from WRITTEN.items()
    yield from of_pages().items()
    for file in HEADS:
        if file != "batten.yaml":
            yield f"{file}: a giant comment", _giant(file)
