"""Repositories that are large, deep or endless, each made below a folder; and what batten is asked about them."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from growth_shapes import HEADS

TREE = {
    name: head for name, head in HEADS.items() if name != "batten.yaml"
}  # a broken policy ends a run early


@dataclass(frozen=True)
class Hostile:
    """`slow`: more than a few seconds, so that `make proof` runs it and CI does not."""

    name: str
    make: Callable[[Path], None]
    command: tuple[str, ...] = ("review", "--no-cache")
    slow: bool = False


def written(root: Path, name: str, text: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def one(name: str, text: Callable[[], str]) -> Callable[[Path], None]:
    return lambda root: written(root, name, text())


def long_line(name: str, size: int) -> Callable[[Path], None]:
    return one(name, lambda: HEADS[name] + "a" * size)


def _many_files(root: Path) -> None:
    for number in range(100_000):
        (root / f"a{number}.txt").touch()


def _spread(root: Path) -> None:
    for number in range(100_000):
        folder = root / f"d{number // 100}"
        if number % 100 == 0:
            folder.mkdir()
        (folder / f"a{number}.yaml").write_text("a: b\n")


def _deep(root: Path) -> None:
    """5,000 folders in each other, which no path can name."""
    here = os.open(root, os.O_RDONLY)
    try:
        for _ in range(5000):
            os.mkdir("a", dir_fd=here)
            below = os.open("a", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        file = os.open("nginx.conf", os.O_WRONLY | os.O_CREAT, dir_fd=here)
        os.write(file, b"server { listen 80; }\n")
        os.close(file)
    finally:
        os.close(here)


def _special(root: Path) -> None:
    for number, name in enumerate(n for n in TREE if "/" not in n):
        folder = root / f"d{number}"
        folder.mkdir()
        if number % 3 == 0:
            os.mkfifo(folder / name)
        elif number % 3 == 1:
            _socket(folder, name)
        else:
            (folder / name).symlink_to("/dev/zero")


def _socket(folder: Path, name: str) -> None:
    """A socket's address is short, and temporary folders may be deep: named by way of the folder's descriptor."""
    inside = os.open(folder, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"/proc/self/fd/{inside}/{name}")
    finally:
        os.close(inside)


def _sparse(root: Path) -> None:
    for name in TREE:
        written(root, name, "")
        os.truncate(root / name, 1 << 40)


def _links(root: Path) -> None:
    for number in range(200):
        folder = root / f"d{number}"
        folder.mkdir()
        (folder / "up").symlink_to(root)
        (folder / "next").symlink_to(root / f"d{(number + 1) % 200}")
        (folder / "nginx.conf").symlink_to(folder / "other.conf")
        (folder / "other.conf").symlink_to(folder / "nginx.conf")


def _bomb(root: Path) -> None:
    lines = ["x0: &x0 [a, a, a, a, a, a, a, a, a, a]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 30)]
    for name in TREE:
        if name.endswith((".yaml", ".yml")):
            written(root, name, TREE[name] + "\n".join(lines))


def _nested(opening: str, closing: str, depth: int = 100_000) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        for name, head in TREE.items():
            written(root, name, head + opening * depth + closing * depth)

    return make


def _numbers(root: Path) -> None:
    number = "9" * 200_000
    written(
        root,
        "compose.yaml",
        f"services:\n  a:\n    image: a\n    ports: ['{number}:{number}']\n    mem_limit: {number}\n",
    )
    written(
        root,
        "main.tf",
        f'resource "aws_s3_bucket" "b" {{\n  count = {number}\n  bucket = {number} * {number}\n}}\n',
    )
    written(
        root,
        "openapi.json",
        '{"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {}, "x": ' + number + "}",
    )
    written(root, "traefik.toml", f"[entryPoints.web]\naddress = ':{number}'\nx = {number}\n")
    written(root, "nginx.conf", f"server {{ listen {number}; client_max_body_size {number}g; }}\n")
    written(root, "redis.conf", f"port {number}\nmaxclients {number}\n")
    written(root, "template.yaml", f"Resources:\n  A:\n    Type: AWS::S3::Bucket\n    X: {number}\n")


def _contract(count: int) -> str:
    head = "openapi: 3.1.0\ninfo: {title: a, version: '1'}\nservers: [{url: 'https://a'}]\npaths:\n"
    operations = "".join(
        f"  /a{n}/{{b}}:\n    get:\n      parameters: [{{name: b, in: path, required: true, schema: {{$ref: '#/components/schemas/S{n}'}}}}]\n"
        f"      responses: {{'200': {{description: a, content: {{application/json: {{schema: {{$ref: '#/components/schemas/S{n}'}}}}}}}}}}\n"
        for n in range(count)
    )
    schemas = "".join(
        f"    S{n}: {{type: object, properties: {{a: {{$ref: '#/components/schemas/S{(n + 1) % count}'}}, b: {{$ref: '#/components/schemas/S{(n * 7) % count}'}}}}}}\n"
        for n in range(count)
    )
    return f"{head}{operations}components:\n  schemas:\n{schemas}"


def _services(count: int) -> str:
    return "services:\n" + "".join(
        f"  s{n}:\n    image: a:{n}\n    privileged: true\n    ports: ['{n % 60000 + 1}:80']\n    environment: {{A: b{n}}}\n"
        for n in range(count)
    )


def _servers(count: int) -> str:
    return (
        "http {\n"
        + "".join(f"server {{ listen 80; server_name a{n}; server_tokens on; }}\n" for n in range(count))
        + "}\n"
    )


def _ignored(name: str, count: int = 100_000) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        written(root, name, "".join(f"a{n}/**/b*{n}\n" for n in range(count)))
        written(root, "Dockerfile", "FROM a:1\nCOPY . .\n")
        for n in range(300):
            written(root, f"d{n}/.env", "PASSWORD=hunter22\n")

    return make


def _policy(text: Callable[[], str]) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        written(root, "batten.yaml", text())
        written(root, "compose.yaml", "services:\n  a: {image: a}\n")

    return make


def _expressions(root: Path) -> None:
    """Each would take a backtracking engine longer than the sun shines; the last two are refused, in a policy apart."""
    expressions = ("^(a+)+$", "^(a|a)*$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]$", "(.*)*b", "(.*a){25}b")
    row = "- {{control: held-{}, title: a, why: b, severity: low, fact: Workload, field: environment, key: A, must: {{match: '{}'}}}}\n"
    rows = "".join(row.format(n, e) for n, e in enumerate(expressions))
    written(root, "batten.yaml", f"custom:\n{rows}")
    written(
        root, "compose.yaml", f"services:\n  a:\n    image: a\n    environment: {{A: '{'a' * 100_000}!'}}\n"
    )


DIFF = ("fix", "--diff", "--risky", "--no-validate")
SARIF = ("review", "--no-cache", "--format", "sarif")
CASES = (
    Hostile("2 million Dockerfile lines", one("Dockerfile", lambda: "FROM a:1\n" + "RUN a\n" * 2_000_000), slow=True),
    Hostile("200,000 Dockerfile lines", one("Dockerfile", lambda: "FROM a:1\n" + "RUN a\n" * 200_000), slow=True),
    *(Hostile(f"one line of 50 MB in {n}", long_line(n, 50_000_000), slow=True) for n in HEADS),
    *(Hostile(f"one line of 5 MB in {n}", long_line(n, 5_000_000), slow=True) for n in HEADS),
    *(Hostile(f"one line of 500 kB in {n}", long_line(n, 500_000)) for n in HEADS),
    Hostile("100,000 files in one folder", _many_files, slow=True),
    Hostile("100,000 files spread", _spread, slow=True),
    Hostile("5,000 folders deep", _deep, slow=True),
    Hostile("pipes, sockets and devices", _special),
    Hostile("1 TB of nothing", _sparse),
    Hostile("links in circles", _links),
    Hostile("aliases of aliases", _bomb),
    *(Hostile(f"100,000 times {o}", _nested(o, c), slow=True)
      for o, c in (("[", "]"), ("{", "}"), ("(", ")"), ('{"a":', "}"), ("a {\n", "}\n"), ("<a>\n", "</a>\n"), ("{a: ", "}"),
                   ("x = [", "]"), ("- ", ""), ("${", "}"), ("{{ if true }}", "{{ end }}"), ("[a.", "]\n"))),
    Hostile("numbers without end", _numbers),
    Hostile("a mapping of a million keys", one("compose.yaml", lambda: "services:\n" + "".join(f"  s{n}: {{}}\n" for n in range(1_000_000))), slow=True),
    Hostile("a JSON object of a million keys", one("openapi.json", lambda: '{"openapi": "3.1.0", "paths": {' + ", ".join(f'"/{n}": {{}}' for n in range(1_000_000)) + "}}"), slow=True),
    Hostile("a policy of a million waivers", _policy(lambda: "version: 1\nwaivers:\n" + "- {control: a, reason: b}\n" * 1_000_000), slow=True),
    Hostile("a policy of 3,000 waivers' globs", _policy(lambda: "version: 1\nwaivers:\n" + "".join(f"- {{control: image-pinned, path: '{'*a' * 40}{n}', reason: b}}\n" for n in range(3000)))),
    Hostile("a policy of one number", _policy(lambda: "version: " + "9" * 200_000)),
    Hostile("a policy nested without end", _policy(lambda: "version: 1\nwaivers: " + "[" * 100_000)),
    Hostile("a policy of aliases", _policy(lambda: "x0: &x0 [a, a, a, a, a, a, a, a, a]\n" + "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 30)))),
    Hostile("expressions of a policy that never end", _expressions),
    Hostile("100,000 patterns in .gitignore", _ignored(".gitignore"), slow=True),
    Hostile("100,000 patterns in .dockerignore", _ignored(".dockerignore"), slow=True),
    Hostile("2,000 patterns in .gitignore", _ignored(".gitignore", 2000)),
    Hostile("2,000 patterns in .dockerignore", _ignored(".dockerignore", 2000)),
    Hostile("5,000 services", one("compose.yaml", lambda: _services(5000)), slow=True),
    Hostile("300 services", one("compose.yaml", lambda: _services(300))),
    Hostile("5,000 services as SARIF", one("compose.yaml", lambda: _services(5000)), SARIF, slow=True),
    Hostile("300 services mended", one("compose.yaml", lambda: _services(300)), DIFF, slow=True),
    Hostile("5,000 findings mended", one("nginx.conf", lambda: _servers(5000)), DIFF, slow=True),
    Hostile("5,000 findings as SARIF", one("nginx.conf", lambda: _servers(5000)), SARIF, slow=True),
    Hostile("500 findings mended", one("nginx.conf", lambda: _servers(500)), DIFF),
    Hostile("a contract of 10,000 operations in circles", one("openapi.yaml", lambda: _contract(10_000)), slow=True),
    Hostile("a contract of 500 operations in circles", one("openapi.yaml", lambda: _contract(500))),
)  # fmt: skip
