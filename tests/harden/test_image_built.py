"""Images that are really built and started by a Docker Engine, from bases of what this machine has (`make proof`)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from deployments import ORDERS
from docker_images import engine, registry, root_of

from batten.cli import main
from needs import package, program, where
from proofs import PROOF
from waiting import until

pytestmark = pytest.mark.skipif(
    not PROOF or os.geteuid() != 0 or not where("dockerd"),
    reason="starts a Docker Engine as root: `make proof`",
)
CONFINED = (
    "--read-only",
    "--tmpfs",
    "/tmp:mode=1777",
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
    "--network",
    "none",
)
# What wheels are linked with: https://peps.python.org/pep-0600/
LINKED = ("libgcc_s.so.1", "libstdc++.so.6", "librt.so.1", "libdl.so.2", "libpthread.so.0", "libutil.so.1")
SECRET = "batten-canary-0f8c2b5d7e"
# What it can write, whom its files belong to, who it is, and what the image has of the folder.
INSIDE_PYTHON = """
import json, os, urllib.request
writable, foreign, seen = [], [], []
for here, folders, files in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(here, f) not in ("/proc", "/sys", "/dev", "/tmp")]
    for path in (os.path.join(here, name) for name in ("", *files)):
        status = os.lstat(path)
        if here.startswith(("/app", "/venv")):
            foreign += [path] if status.st_uid or status.st_gid or (status.st_mode & 0o222 and not os.path.islink(path)) else []
            seen.append(path)
        writable += [path] if os.access(path, os.W_OK, follow_symlinks=False) else []
health = json.load(urllib.request.urlopen("http://127.0.0.1:8000/v1/health"))
print(json.dumps([os.getuid(), os.getgid(), writable, foreign, seen, health, open("/proc/self/status").read()]))
"""


@dataclass(frozen=True, slots=True)
class Docker:
    address: str
    folder: Path

    def __call__(self, *words: str) -> str:
        environment = {
            **os.environ,
            "DOCKER_HOST": self.address,
            "HOME": str(self.folder),
            "DOCKER_BUILDKIT": "1",
        }
        done = subprocess.run(
            [program("docker"), *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, f"{words[0]}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout + (done.stderr if words[0] == "logs" else "")

    def pulled(self, reference: str) -> str:
        """The reference, of what the engine has now: a build would ask the registry over TLS."""
        self("pull", "--quiet", reference)
        return reference

    def built(self, folder: Path, dockerfile: Path, secret: Path) -> None:
        """The image shop:1. Steps of the build reach the package registry through this machine's network."""
        given = ("--network", "host", "--secret", f"id=packages,src={secret}", "--file", str(dockerfile))
        self("build", "--progress", "plain", *given, "--tag", "shop:1", str(folder))

    @contextmanager
    def running(self, image: str, *words: str) -> Iterator[str]:
        name = self("run", "--detach", *CONFINED, *words, image).strip()
        try:
            yield name
        finally:
            self("rm", "--force", "--volumes", name)

    def healthy(self, name: str) -> bool:
        """Fails with what the container said when it has ended, or is ill."""
        state = self.state(name)
        health = state["Health"]
        said = f"{health['Log'][-1:]}{self('logs', name)[-6000:]}"
        assert state["Running"] and health["Status"] != "unhealthy", said
        return bool(health["Status"] == "healthy")

    def state(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("inspect", name))[0]["State"]
        return found


@pytest.fixture
def docker(tmp_path: Path) -> Iterator[Docker]:
    with engine(tmp_path) as address:
        yield Docker(address, tmp_path)


def rendered(folder: Path, output: Path, *words: str) -> None:
    where_to = ("--from", str(folder), "--output", str(output), "--project", "shop")
    done = CliRunner().invoke(main, ["harden", "image", *where_to, *words])
    assert done.exit_code == 0, done.output


def planted(folder: Path) -> None:
    """What may be in no image, with a text that is looked for in every layer."""
    for path in (".git/config", ".env", "app/.env.production", "app/server.key", "app/dump.sql"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(f"password={SECRET}\n-- INSERT INTO users\n")


def nowhere(docker: Docker, image: str, text: str) -> None:
    """The text is in no layer and nowhere in the image's description."""
    whole = docker.folder / "image.tar"
    docker("save", "--output", str(whole), image)
    for layer in _layers(whole, docker.folder / "layers"):
        assert text.encode() not in layer.read_bytes(), layer
    assert text not in docker("inspect", image) + docker("history", "--no-trunc", image)


def _layers(archive: Path, folder: Path) -> list[Path]:
    folder.mkdir()
    subprocess.run(["tar", "-C", folder, "-xf", archive], check=True)
    return [path for path in folder.rglob("*") if path.is_file()]


def python_base(docker: Docker) -> Path:
    """This machine's Python with pip, where an official image of it has them."""
    interpreter = "/usr/bin/python3"
    version = os.path.basename(os.path.realpath(interpreter))
    library = f"/usr/lib/{version}"
    pip = Path(package("pip").__file__).parent
    more = {
        library: library,
        "/usr/lib/python3/dist-packages/pip": str(pip),
        "/etc/ssl/certs": "/etc/ssl/certs",
    }
    linked = [path for name in LINKED for path in Path("/usr/lib").glob(f"*/{name}")]
    parts = (*Path(library, "lib-dynload").glob("*.so"), *linked)
    return root_of(docker.folder / "python", [interpreter, program("chmod"), *map(str, parts)], more, {})


def hashed(folder: Path) -> None:
    """The example's requirements as a lock file for the Python of the image."""
    version = os.path.basename(os.path.realpath("/usr/bin/python3")).removeprefix("python")
    compiled = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--generate-hashes",
        "--python-version",
        version,
    ]
    subprocess.run([*compiled, "requirements.txt", "--output-file", "locked.txt"], cwd=folder, check=True)
    (folder / "locked.txt").replace(folder / "requirements.txt")


def test_the_example_is_built_from_its_lock_file_and_can_do_nothing_but_serve(
    docker: Docker, tmp_path: Path
) -> None:
    folder = tmp_path / "orders"
    shutil.copytree(ORDERS, folder, ignore=shutil.ignore_patterns(".dockerignore"))
    hashed(folder)
    planted(folder)
    (tmp_path / "pip.conf").write_text(f"[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n# {SECRET}\n")
    with registry() as made:
        base = docker.pulled(made.image("python", python_base(docker), []))
        rendered(
            folder,
            folder,
            "--image",
            f"base={base}",
            "--private",
            "--force",
            "--include",
            "app",
            "--include",
            "openapi.yaml",
        )
        docker.built(folder, folder / "Dockerfile", tmp_path / "pip.conf")
    nowhere(docker, "shop:1", SECRET)
    with docker.running(
        "shop:1", "--env", "ORDERS_TOKEN=x", "--env", "DATABASE_URL=sqlite:////tmp/orders.db"
    ) as name:
        until(lambda: docker.healthy(name), "its own health check passes")
        uid, gid, writable, foreign, seen, health, status = json.loads(
            docker("exec", name, "python", "-c", INSIDE_PYTHON)
        )
        assert (uid, gid, writable) == (10001, 10001, [])
        assert foreign == ["/app/", "/venv/"]  # which the builder makes itself, for root alone to write
        assert health["status"] == "degraded"  # there is no cache here
        assert "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status
        inside = {path for path in seen if path.startswith("/app")}
        assert {"/app/app/main.py", "/app/openapi.yaml"} <= inside
        assert not [
            path for path in inside if path.endswith((".env", ".key", ".sql", ".production", ".tf", ".git"))
        ]
        docker("stop", "--time", "20", name)
        assert docker.state(name)["ExitCode"] == 0  # it ended by itself


SERVER = """
const http = require('http'), ms = require('ms'), built = require('./dist/built.js');
const server = http.createServer((q, a) => a.writeHead(q.url === '/health' ? 200 : 404).end(JSON.stringify([ms('1s'), built])));
process.on('SIGTERM', () => process.exit(0));
server.listen(Number(process.env.PORT), '0.0.0.0');
"""
INSIDE_NODE = """
const fs = require('fs'), path = require('path');
const writable = [], seen = [];
const walk = here => {
  try { fs.accessSync(here, fs.constants.W_OK); writable.push(here); } catch (e) {}
  if (here.startsWith('/app')) seen.push(here);
  if (fs.lstatSync(here).isDirectory() && !['/proc', '/sys', '/dev', '/tmp'].includes(here)) {
    let names = []; try { names = fs.readdirSync(here); } catch (e) {}
    names.forEach(name => walk(path.join(here, name)));
  }
};
walk('/');
fetch('http://127.0.0.1:8000/health').then(a => a.json()).then(answer => console.log(JSON.stringify([process.getuid(), writable, seen, answer])));
"""


def node_base(docker: Docker) -> Path:
    """This machine's Node.js with an npm of its own, a shell for the scripts of packages, and the authorities."""
    own = docker.folder / "npm"
    own.mkdir()
    subprocess.run([program("npm"), "install", "--silent", "--prefix", own, "npm@10.9.4"], check=True)
    programs = [program("node"), *(f"/usr/bin/{name}" for name in ("env", "chmod", "sh"))]
    more = {"/usr/lib/npm": str(own / "node_modules/npm"), "/etc/ssl/certs": "/etc/ssl/certs"}
    links = {"/usr/bin/npm": "/usr/lib/npm/bin/npm-cli.js"}
    return root_of(docker.folder / "node", programs, more, {}, links)


def test_a_program_of_node_is_compiled_and_keeps_none_of_what_compiled_it(
    docker: Docker, tmp_path: Path
) -> None:
    folder = tmp_path / "program"
    folder.mkdir()
    told = {
        "name": "program",
        "version": "1.0.0",
        "scripts": {"start": "node server.js", "build": "node build.js"},
    }
    told |= {"dependencies": {"ms": "2.1.3"}, "devDependencies": {"is-number": "7.0.0"}}
    (folder / "package.json").write_text(json.dumps(told))
    (folder / "server.js").write_text(SERVER)
    (folder / "build.js").write_text(
        "require('is-number'); const f = require('fs'); f.mkdirSync('dist'); f.writeFileSync('dist/built.js', 'module.exports = 7')"
    )
    subprocess.run([program("npm"), "install", "--silent", "--package-lock-only"], cwd=folder, check=True)
    planted(folder)
    (tmp_path / "npmrc").write_text(f"cafile=/etc/ssl/certs/ca-certificates.crt\n; {SECRET}\n")
    with registry() as made:
        output = tmp_path / "out"  # where only BuildKit finds the list of ignored files
        rendered(
            folder,
            output,
            "--image",
            f"base={docker.pulled(made.image('node', node_base(docker), []))}",
            "--private",
            "--health",
            "/health",
        )
        docker.built(folder, output / "Dockerfile", tmp_path / "npmrc")
    nowhere(docker, "shop:1", SECRET)
    with docker.running("shop:1") as name:
        until(lambda: docker.healthy(name), "its own health check passes")
        uid, writable, seen, answer = json.loads(docker("exec", name, "node", "-e", INSIDE_NODE))
        assert (uid, answer) == (10001, [1000, 7]) and [
            path for path in writable if path not in ("/tmp", "/proc")
        ] == []
        assert "/app/node_modules/ms" in seen and "/app/node_modules/is-number" not in seen
        docker("stop", "--time", "20", name)
        assert docker.state(name)["ExitCode"] == 0
