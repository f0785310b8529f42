"""docs/security.md lists what lowers a verdict, and where it is told. Each row of its table is tried here, against a base and without."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lowering import BARE, HIDDEN, SOCKET, Checkout, Told, changed

from needs import needs, where

pytestmark = needs("git", where("git"))

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
POLICY = "version: 1\n"
WAIVER = "waivers:\n  - {control: container-mounts-safe, reason: the agent needs it, owner: a@example.com, until: 2099-12-31}\n"
CUSTOM = (
    "custom:\n  - {control: owner-named, title: Owners, severity: high, why: Support, fact: Workload, "
    "field: environment, key: OWNER, must: present}\n"
)
PLACE = (
    "environments:\n  production:\n    url: https://api.example.com\n    stores: [redis://10.0.0.5:6379]\n"
)
COMPOSE = {"docker-compose.yml": BARE, "batten.yaml": POLICY}
SHOP = "server {\n    listen 443 ssl;\n    ssl_protocols TLSv1;\n    ssl_certificate a.crt;\n    ssl_certificate_key a.key;\n}\n"
GIVEN = (
    "# For local development.\nservices:\n  edge:\n    image: nginx:1.30\n"
    "    volumes: ['./docker/nginx/shop.conf:/etc/nginx/conf.d/shop.conf:ro']\n"
)
CHART = "apiVersion: v2\nname: shop-demo\nversion: 1.0.0\ndescription: the shop\n"
OPEN = {"docker-compose.yml": SOCKET, "batten.yaml": POLICY}


@dataclass(frozen=True, kw_only=True)
class Row:
    """`base` and `change` are files (`gone` are removed). Against the base the run lists `listed` (an expression), or ends
    with `code`; without one it tells `told` in its verdict. `check` is asked for the rest."""

    base: dict[str, str] = field(default_factory=lambda: dict(COMPOSE))
    change: dict[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    listed: str = ""
    code: int = 1
    told: str = ""
    words: tuple[str, ...] = ()
    check: Callable[[Checkout], None] | None = None


def policy(text: str, base: dict[str, str] | None = None) -> Row:
    return Row(
        base=base or dict(COMPOSE), change={"docker-compose.yml": SOCKET, "batten.yaml": POLICY + text}
    )


def row(text: str, listed: str, told: str, base: dict[str, str] | None = None) -> Row:
    one = policy(text, base)
    return Row(base=one.base, change=one.change, listed=listed, told=told)


def nothing_hidden_by_gitignore(made: Checkout) -> None:
    assert "container-mounts-safe" in made.run("--changed-since", "main").controls
    made.git("rm", "-q", "--cached", "docker-compose.yml")
    assert "in gitignored files do" in made.run().verdict


def left_out(name: str) -> Callable[[Checkout], None]:
    def check(made: Checkout) -> None:
        assert any(name in one for one in made.run().report["ledger"]["left_out"])

    return check


def reasoned(made: Checkout) -> None:
    disowned(made)
    for words, severity in (((), "medium"), (("--changed-since", "main"), "high")):
        found = [f for f in made.run(*words).report["findings"] if f["control"] == "container-mounts-safe"]
        assert [f["severity"] for f in found] == [severity]
        assert ("a comment beside it gives a reason" in found[0]["message"]) is (not words)
    made.commit()
    made.put({"docker-compose.yml": f"{(made.root / 'docker-compose.yml').read_text()}\n"})
    made.git("branch", "-f", "main")
    assert made.run("--changed-since", "main").report["findings"] == []


PASSWORD = "spring:\n  datasource:\n    # for local tests only\n    password: Wren-Harbor-41-x9\n"


def disowned(made: Checkout) -> None:
    folder = made.home / "disowned"
    folder.mkdir()
    files = {
        "application.yaml": PASSWORD,
        "application-eu.yaml": PASSWORD.replace(
            "for local tests only", "checkov:skip=CKV_SECRET_6: no"
        ).replace("Wren", "Heron"),
    }
    other = changed(folder, {"batten.yaml": POLICY}, files)
    for words, severities in (((), ["medium", "low"]), (("--changed-since", "main"), ["high", "high"])):
        found = [f for f in other.run(*words).report["findings"] if f["control"] == "secret-not-inline"]
        assert [f["severity"] for f in found] == severities


def certified(made: Checkout) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    name, day = x509.Name([]), datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    leaf = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    leaf = leaf.serial_number(1).not_valid_before(day).not_valid_after(day + datetime.timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    shown = (
        leaf.add_extension(names, False).sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    folder = made.home / "certified"
    folder.mkdir()
    other = changed(folder, {"shop.key": pem}, {"shop.crt": shown.decode(), "localhost.key": pem})
    found = [f for f in other.run().report["findings"] if f["control"] == "secret-not-inline"]
    assert {f["severity"] for f in found} == {"low"}
    said = " ".join(place["message"] for f in found for place in f["places"])
    assert "as its certificate says" in said
    assert "as its name says" in said
    listed = other.run("--changed-since", "main").report["findings"]
    assert any(f["control"] == "policy-not-lowered" and "shop.key" in f["message"] for f in listed)


PLAIN = "server {\n    listen 80;\n    location / { proxy_pass http://10.0.0.1; }\n}\n"
MOUNTED = "services:\n  web:\n    image: nginx:1.30\n    ports: ['80:80']\n    volumes: ['./nginx.conf:/etc/nginx/conf.d/web.conf:ro']\n"
OPEN_STORE = "network.host: 0.0.0.0\nxpack.security.enabled: false\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata:\n  nginx.conf: |\n" + "".join(
    f"    {line}\n" for line in PLAIN.splitlines()
)
PODS = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  selector: {matchLabels: {app: api}}\n  template:\n"
    "    metadata: {labels: {app: api}}\n    spec:\n      containers:\n"
    "      - {name: api, image: nginx:1.30, volumeMounts: [{name: conf, mountPath: /etc/nginx/conf.d}]}\n"
    "      volumes: [{name: conf, configMap: {name: web}}]\n"
)
# What a change shows of a file that it leaves alone: the file, what is brought beside it, and the row that tells.
SHOWN = [
    ({"nginx.conf": PLAIN}, {"compose.dev.yaml": MOUNTED}, "tls-required in nginx.conf: high → low"),
    (
        {"rootfs/etc/nginx/nginx.conf": PLAIN},
        {"Dockerfile": "FROM nginx:1.30\nCOPY rootfs /\nUSER 101\n"},
        "tls-required in rootfs/etc/nginx/nginx.conf: high → info",
    ),
    (
        {"conf/elasticsearch.yml": OPEN_STORE},
        {"Dockerfile": "FROM shop.example.com/base:1\nCOPY conf/* /etc/store/\nUSER 101\n"},
        "store-authenticated in conf/elasticsearch.yml: critical → medium",
    ),
    ({"k8s/map.yaml": MAP}, {"k8s/pods.yaml": PODS}, "tls-required in k8s/map.yaml: low → info"),
]


def shown(made: Checkout) -> None:
    for number, (base, change, row) in enumerate(SHOWN):
        folder = made.home / str(number)
        folder.mkdir()
        other = changed(folder, {**base, "batten.yaml": POLICY}, change)
        told = other.run("--changed-since", "main")
        assert f"finding-milder {row}" in told.lowered
        first = next(f for f in told.report["findings"] if f["case"] == "finding-milder")
        assert (first["severity"], first["fails"]) == ("info", False)


APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
LICENCE = "MIT License\n\nPermission is hereby granted, free of charge, to any person\n"
SOCKETS = """\
openapi: 3.1.0
info: {title: Events, version: 1.0.0}
security: [{token: []}]
paths:
  /events:
    get:
      parameters:
        - {name: token, in: query, schema: {type: string}}
      responses:
        "101": {description: The connection is open.}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
"""
STREAMS = """\
asyncapi: 2.6.0
info: {title: Orders, version: 1.0.0}
servers:
  production: {url: streams.example.com, protocol: wss}
channels:
  /orders:
    parameters:
      token: {schema: {type: string}}
    subscribe: {message: {payload: {type: object}}}
components:
  securitySchemes:
    till: {type: userPassword}
"""
REFERRING = """\
openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
paths:
  /orders: {$ref: "orders.yaml#/paths/~1orders"}
  /stock:
    get: {security: [{token: []}], responses: {"204": {description: Done.}}}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
"""
REFERRED = """\
openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
security: [{token: []}]
paths:
  /orders:
    get: {responses: {"204": {description: Done.}}}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
"""


def licensed(made: Checkout) -> None:
    told = made.run("--changed-since", "main")
    assert told.lowered == ["finding-milder console-not-exposed in main.py: low → info"]
    [found] = made.run().report["findings"]
    assert (found["severity"], found["fails"]) == ("info", False)
    assert "so is the source, by `LICENSE`" in found["message"]


def contracted(made: Checkout) -> None:
    told = made.run("--changed-since", "main")
    assert told.code == 1
    for control, severity, sentence in (
        ("credentials-not-in-url", "medium", "since browsers set no header for a WebSocket"),
        ("operations-authenticated", "low", "though its channels take the credential `token`"),
        ("operations-authenticated", "low", "does not repeat the `security` of this file"),
    ):
        found = [f for f in told.report["findings"] if f["control"] == control and sentence in f["message"]]
        assert [(f["severity"], f["fails"]) for f in found] == [(severity, True)], (control, sentence)


def too_large(made: Checkout) -> None:
    for words in (("--changed-since", "main"), ()):
        told = made.run(*words)
        assert told.code in (1, 3) and told.report["problems"], words


def broken_policy(made: Checkout) -> None:
    told = made.run("--changed-since", "main")
    assert told.code == 3 and told.report["problems"][0]["source"] == "batten.yaml"
    assert made.run().code == 2


def unknown_settings(made: Checkout) -> None:
    assert made.run().report["ledger"]["unknown"]
    assert made.run("--strict").code == 3


def exit_zero(made: Checkout) -> None:
    told = made.run("--exit-zero")
    assert told.code == 0 and told.report["summary"]["exit_code"] == 1
    assert told.verdict.startswith("1 finding at or above the gate")


def gate(made: Checkout) -> None:
    assert made.run("--gate", "critical").verdict.endswith("(critical)")


def only_control(made: Checkout) -> None:
    told = made.run("--control", "hsts-sent")
    assert told.code == 0 and "only findings of hsts-sent are reported" in told.verdict


def only_paths(made: Checkout) -> None:
    assert made.run("other").report["paths"] == ["other"]
    told = made.run("--changed-since", "main", "deploy")
    assert any("file-unread deploy/docker-compose.yml → other" in one for one in told.lowered)


def baseline(made: Checkout) -> None:
    outside = made.home / "known.json"
    assert made.run("--write-baseline", str(outside)).code == 1
    assert "the baseline holds 1 finding" in made.run("--baseline", str(outside)).verdict
    made.put({"known.json": outside.read_text()})
    made.commit()
    told = made.run("--changed-since", "main", "--baseline", "known.json")
    assert told.code == 1 and told.lowered[0].startswith("finding-waived known.json")


def since(made: Checkout) -> None:
    assert "1 finding stood before this change" in made.run("--changed-since", "main").verdict


def work_tree(made: Checkout) -> None:
    told = made.run("--changed-since", "main", "--policy-from", ".")
    assert told.code == 0 and told.lowered == ["control-lowered container-mounts-safe: critical → info"]
    assert told.report["findings"][0]["control"] == "policy-not-lowered"
    assert told.report["findings"][0]["severity"] == "info"


def own_controls(made: Checkout) -> None:
    told = made.run("--changed-since", "main", "--controls", "own.py")
    assert not (made.root / "ran").exists() and told.code == 1
    assert made.run("--changed-since", "main", "--controls", "new.py").code == 2
    assert not (made.root / "ran").exists()


def no_revision(made: Checkout) -> None:
    for words in (("--changed-since", "no-such"), ("--policy-from", "no-such")):
        told = made.run(*words)
        assert told.code == 2 and "does not exist" in told.error


def cached(made: Checkout) -> None:
    made.put({"batten.yaml": POLICY + "controls: {container-mounts-safe: info}\n"})
    assert made.run().code == 0  # kept
    assert made.run("--changed-since", "main").code == 1
    made.put({"batten.yaml": POLICY})
    assert made.run().code == 1


def advisories(made: Checkout) -> None:
    """The base's rows decide; without a database the change's are listed all the same."""
    told = made.run("--changed-since", "main")
    assert told.code == 1 and len(told.lowered) == 1


OWN = (
    "from pathlib import Path\nfrom batten.controls import control\nfrom batten.facts import Workload\n"
    "from batten.model import Case, Severity, Violation\n{more}\n"
    "class OwnNamed(Case):\n    ABSENT = 'absent', 'Name the owner.'\n\n\n"
    "@control('Owners', Severity.LOW, 'V1')\ndef own_named(workload: Workload):\n    'Support.'\n    yield from ()\n"
)

ROWS: dict[str, Row] = {
    "a severity under `controls:`": row(
        "controls: {container-mounts-safe: info}\n",
        "control-lowered container-mounts-safe: critical → info",
        r"batten.yaml lowers container-mounts-safe \(1 finding\)",
    ),
    "`off` under `controls:`": row(
        "controls: {container-mounts-safe: {off: it is needed}}\n",
        "control-lowered container-mounts-safe: critical → off",
        r"batten.yaml turns off container-mounts-safe \(1 finding\)",
    ),
    "`gate:` of batten.yaml": Row(
        change={
            "docker-compose.yml": SOCKET.replace("    mem_limit: 256m\n", ""),
            "batten.yaml": "gate: critical\n",
        },
        listed="gate-raised gate: low → critical",
        told=r"gate \(critical\)",
    ),
    "`ignore:`": row(
        "ignore: ['*.yml']\n", r"files-ignored \*.yml: reviewed → left out", "batten.yaml leaves out 1 file"
    ),
    "globs under `contexts:`": row(
        "contexts: {'*.yml': test}\n",
        r"context-changed \*.yml: by its name → test",
        "batten.yaml lowers 1 finding by its `contexts:`",
    ),
    "a context's own row under `contexts:`": Row(
        base={
            "examples/docker-compose.yml": BARE,
            "batten.yaml": "contexts: {example: {severity: keep, gate: true}}\n",
        },
        change={"examples/docker-compose.yml": SOCKET, "batten.yaml": POLICY},
        listed="context-changed example: their own severity, counting → at most low, not counting",
        told="in example files does not count",
    ),
    "`waivers:`": row(
        WAIVER,
        "finding-waived container-mounts-safe: reported → waived until 2099-12-31",
        "batten.yaml waives 1 finding",
    ),
    "`advisories: accepted`": Row(
        change={
            "batten.yaml": "advisories:\n  accepted:\n    - {id: CVE-2026-1, reason: unused, owner: a, until: 2099-12-31}\n"
        },
        listed="finding-waived CVE-2026-1",
        check=advisories,
    ),
    "`advisories: minimum`": Row(
        change={"batten.yaml": "advisories: {minimum: critical}\n"},
        listed="finding-waived advisories.minimum: info → critical",
        check=advisories,
    ),
    "`origins:`, `public:`, `browsers:`, `content:`, `contract:`": Row(
        change={"batten.yaml": "origins: ['https://evil.example']\npublic: ['DELETE /v1/users']\n"},
        listed="declaration-changed DELETE /v1/users: not in `public` → in `public`",
    ),
    "`certificate-days:`, `hsts-seconds:`": Row(
        change={"batten.yaml": "hsts-seconds: 300\n"},
        listed="declaration-changed hsts-seconds: 31,536,000 → 300",
        told="batten.yaml sets hsts-seconds to 300",
    ),
    "`custom:` rows that are removed or changed": Row(
        base={"docker-compose.yml": BARE, "batten.yaml": CUSTOM},
        change={"batten.yaml": POLICY},
        listed="control-lowered owner-named: high → removed",
    ),
    "`environments:`": Row(
        base={"docker-compose.yml": BARE, "batten.yaml": PLACE},
        change={"batten.yaml": "environments:\n  production:\n    url: https://staging.example.com\n"},
        listed="environment-reduced production.url: https://api.example.com → https://staging.example.com",
        check=lambda made: assert_unasked(made.run(command="check")),
    ),
    "another batten.yaml, nearer to the reviewed path": Row(
        base={"deploy/docker-compose.yml": BARE, "batten.yaml": POLICY},
        change={
            "deploy/docker-compose.yml": SOCKET,
            "deploy/batten.yaml": "controls: {container-mounts-safe: info}\n",
        },
        words=("deploy",),
        listed="policy-replaced batten.yaml: decides → deploy/batten.yaml would decide instead",
    ),
    "a batten.yaml that cannot be used": Row(
        change={"batten.yaml": "controls: [\n"}, code=3, check=broken_policy
    ),
    "comments, `batten: ignore[…]`": Row(
        change={"docker-compose.yml": HIDDEN},
        listed="finding-waived container-mounts-safe: reported → waived by a comment in docker-compose.yml",
        told="comments waive 1 finding",
    ),
    "a comment beside a setting that gives a reason (one step, not below low), or says that a credential is for tests or no secret (low), or accepts the finding of another scanner (`checkov:skip`, `tfsec:ignore`)": Row(
        change={
            "docker-compose.yml": SOCKET.replace(
                "docker.sock:/var/run/docker.sock", "docker.sock:/var/run/docker.sock  # required for builds"
            )
        },
        check=reasoned,
    ),
    "the name of a file or folder (`tests/`, `examples/`, `vendor/`, `compose.dev.yaml`, `*.bak`)": Row(
        gone=("docker-compose.yml",),
        change={"examples/docker-compose.yml": SOCKET},
        listed="context-changed docker-compose.yml → examples/docker-compose.yml: production → example",
        told="in example files does not count",
    ),
    "a folder `*-demo`, `*-example` or `*-sample` of a chart whose `description` says so, too": Row(
        base={"charts/shop-demo/Chart.yaml": CHART, "charts/shop-demo/docker-compose.yml": BARE},
        change={
            "charts/shop-demo/Chart.yaml": CHART.replace("the shop", "a demo of the shop"),
            "charts/shop-demo/docker-compose.yml": SOCKET,
        },
        listed="context-changed charts/shop-demo/docker-compose.yml.*: production → example",
        told="in example files does not count",
    ),
    "profiles, overrides and commands that show what a file is for": Row(
        change={"docker-compose.yml": SOCKET + "    profiles: [debugging]\n"},
        listed="context-changed docker-compose.yml.*: production → development",
        told="in development files does not count",
    ),
    "the comment at the head of a Compose file or of a template of SAM that says it is for development": Row(
        change={"docker-compose.yml": "# For local development.\n" + SOCKET},
        listed="context-changed docker-compose.yml.*: production → development",
        told="in development files does not count",
    ),
    "a Compose file for development that mounts a file below `docker/` which nothing of production names": Row(
        base={"docker/nginx/shop.conf": SHOP},
        change={"compose.dev.yaml": GIVEN},
        listed="context-changed docker/nginx/shop.conf.*: production → development",
        told="in development files do",
    ),
    "files that show who reaches another one, or that it is meant: a Compose file for development that mounts it, a Dockerfile that copies it or is in the folder of its `rootfs/`, an edge in front": Row(
        check=shown
    ),
    "the name of a private key, or a certificate beside it, that is of one machine only (low)": Row(
        check=certified
    ),
    "a licence of free software at the root, by which API documentation is info": Row(
        base={"main.py": APP},
        change={"LICENSE": LICENCE},
        check=licensed,
    ),
    "a contract that shows why a credential is in the URL (101 as the only success) or where one is taken (parameters of AsyncAPI, `security` of the contract that a `$ref` leads to)": Row(
        base={"batten.yaml": POLICY},
        change={
            "openapi.yaml": SOCKETS,
            "asyncapi.yaml": STREAMS,
            "shop.yaml": REFERRING,
            "orders.yaml": REFERRED,
        },
        check=contracted,
    ),
    "`.gitignore`": Row(
        change={"docker-compose.yml": SOCKET, ".gitignore": "docker-compose.yml\n"},
        check=nothing_hidden_by_gitignore,
    ),
    "a repository within the repository": Row(
        gone=("docker-compose.yml",),
        change={"deploy/docker-compose.yml": SOCKET},
        check=lambda made: nested(made),
    ),
    "folders that are skipped by name": Row(
        base=OPEN,
        gone=("docker-compose.yml",),
        change={".idea/docker-compose.yml": SOCKET},
        listed=r"file-unread docker-compose.yml → .idea/docker-compose.yml: read → in a folder that is not read",
        check=left_out(".idea/"),
    ),
    "`pyvenv.cfg`": Row(
        base={"deploy/docker-compose.yml": BARE, "nginx.conf": "events {}\n"},
        change={"deploy/docker-compose.yml": SOCKET, "deploy/pyvenv.cfg": ""},
        listed="file-unread deploy/docker-compose.yml: read → in a folder that is not read",
        check=left_out("virtual environments"),
    ),
    "a file that no reader recognises": Row(
        base=OPEN,
        gone=("docker-compose.yml",),
        change={"stack.txt": SOCKET},
        listed="file-unread docker-compose.yml → stack.txt: read → not recognised or left out",
    ),
    "files that are too large, no text, or malformed": Row(
        change={"docker-compose.yml": "services: [\n"}, check=too_large
    ),
    "settings that variables and templates decide": Row(
        change={"docker-compose.yml": BARE.replace("256m", "${MEMORY}")}, check=unknown_settings
    ),
    "`--gate`": Row(base=OPEN, check=gate),
    "`--exit-zero`": Row(base=OPEN, check=exit_zero),
    "`--control`": Row(base=OPEN, check=only_control),
    "paths on the command line": Row(
        base={"deploy/docker-compose.yml": SOCKET, "deploy/nginx.conf": "events {}\n", "batten.yaml": POLICY},
        gone=("deploy/docker-compose.yml",),
        change={"other/docker-compose.yml": SOCKET},
        check=only_paths,
    ),
    "`--baseline`": Row(change={"docker-compose.yml": SOCKET}, check=baseline),
    "`--changed-since`": Row(base=OPEN, check=since),
    "`--policy-from .`": Row(
        change={"docker-compose.yml": SOCKET, "batten.yaml": "controls: {container-mounts-safe: info}\n"},
        check=work_tree,
    ),
    "`--controls` with a file of the repository": Row(
        base={**COMPOSE, "own.py": OWN.format(more="")},
        change={
            "docker-compose.yml": SOCKET,
            "own.py": OWN.format(more="Path('ran').write_text('')"),
            "new.py": OWN.format(more="Path('ran').write_text('')"),
        },
        check=own_controls,
    ),
    "a revision that is not there, as in a shallow clone": Row(check=no_revision),
    "a cached result": Row(change={"docker-compose.yml": SOCKET}, check=cached),
}


def assert_unasked(told: Told) -> None:
    assert told.code == 3 and [one["reached"] for one in told.report["environments"]] == [False]


def nested(made: Checkout) -> None:
    head = made.root / "deploy" / ".git" / "HEAD"
    head.parent.mkdir()
    head.write_text("ref: refs/heads/main\n")
    told = made.run("--changed-since", "main")
    assert told.lowered == [
        "context-changed docker-compose.yml → deploy/docker-compose.yml: production → vendored"
    ]
    assert told.code == 1 and "in vendored files does not count" in made.run().verdict


def listed_rows() -> list[str]:
    section = PAGE.read_text().partition("## What lowers a verdict\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| (.*?) \|(?! what)", section, re.MULTILINE)[1:]


def test_each_row_of_the_page_has_a_test_and_each_test_a_row() -> None:
    assert listed_rows() == list(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_what_lowers_a_verdict_is_told(name: str, tmp_path: Path) -> None:
    one = ROWS[name]
    made = changed(tmp_path, one.base, one.change, one.gone)
    if one.listed:
        told = made.run("--changed-since", "main", *one.words)
        assert told.code == one.code
        assert any(re.match(one.listed, line) for line in told.lowered), told.lowered
        assert told.verdict.startswith("this change lowers ")
        first = told.report["findings"][0]
        assert (first["control"], first["fails"]) == ("policy-not-lowered", True)
    if one.told:
        assert re.search(one.told, made.run().verdict)
    if one.check is not None:
        one.check(made)


@pytest.mark.parametrize("name", [name for name, one in ROWS.items() if one.listed])
def test_what_was_merged_is_listed_no_more(name: str, tmp_path: Path) -> None:
    one = ROWS[name]
    made = changed(tmp_path, one.base, one.change, one.gone)
    made.git("branch", "-f", "main")
    assert made.run("--changed-since", "main", *one.words).lowered == []
