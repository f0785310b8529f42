"""What a folder shows of its application, and what is asked by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.contract import Contract, load
from batten.engine.building import built_from
from batten.engine.hardening.asked import Asked, intent_of
from batten.engine.hardening.shown import Shown
from batten.formats import Workspace, dockerfile, ignorefile
from batten.harden import HardenProblem, targets
from batten.harden.program import Program
from batten.policy import Policy

NOTHING = '{"openapi":"3.1.0","info":{"title":"","version":"1"},"paths":{}}'


@cache
def contract() -> Contract:
    return load(Workspace(Path(__file__).parent, {"none.json": NOTHING}), "none.json")[0]


HASHED = "fastapi==1.0 \\\n    --hash=sha256:ab\nuvicorn==1.0 --hash=sha256:cd\n"
FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
LOCK = '{"lockfileVersion": 3, "packages": {"": {}, "node_modules/sharp": {"hasInstallScript": true}, "node_modules/a/node_modules/b": \
{"hasInstallScript": true, "dev": true}, "node_modules/fsevents": {"hasInstallScript": true, "os": ["darwin"]}}}'
POM = "<project><parent><artifactId>p</artifactId><version>9</version></parent><artifactId>shop</artifactId><version>1.2</version>{}</project>"


def shown(tmp_path: Path, files: dict[str, str], *given: str, **program: str) -> Shown:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    asked = Asked(target="image", program=msgspec.structs.replace(Program(), **program))
    return built_from(Workspace(tmp_path), asked, frozenset(given))


PYTHON = {"requirements.txt": HASHED}
NODE = {"package-lock.json": LOCK}


@pytest.mark.parametrize(
    ("files", "start"),
    [
        (
            {**PYTHON, "app/main.py": FASTAPI},
            "uvicorn app.main:app --host 0.0.0.0 --port 8000 --no-server-header",
        ),
        (
            {**PYTHON, "src/shop/__init__.py": FASTAPI},
            "uvicorn shop:app --host 0.0.0.0 --port 8000 --no-server-header",
        ),
        (
            {**PYTHON, "Procfile": "worker: celery\nweb: gunicorn app:app --bind 0.0.0.0:$PORT\n"},
            "gunicorn app:app --bind 0.0.0.0:$PORT",
        ),
        ({**PYTHON, "Procfile": "web: exec uv run uvicorn a:b"}, "uvicorn a:b --host 0.0.0.0 --port 8000"),
        ({**PYTHON, "Procfile": "web: uvicorn a:b --port 9000"}, "uvicorn a:b --port 9000 --host 0.0.0.0"),
        (
            {**PYTHON, "deploy/shop.service": "[Service]\nExecStart=/srv/venv/bin/hypercorn a:b\n"},
            "hypercorn a:b --bind 0.0.0.0:8000",
        ),
        (
            {**PYTHON, "compose.yaml": "services:\n  api: {build: ., command: [gunicorn, 'a:b()']}\n"},
            "gunicorn 'a:b()'",
        ),
        (
            {**PYTHON, "Dockerfile": 'FROM x\nWORKDIR /srv\nENTRYPOINT ["python"]\nCMD ["/srv/main.py"]\n'},
            "python /app/main.py",
        ),
        ({**PYTHON, "Dockerfile": "FROM x\nCMD exec gunicorn a:b\n", "app/main.py": FASTAPI}, "gunicorn a:b"),
        (
            {**NODE, "package.json": '{"scripts": {"start": "NODE_ENV=production node dist/main.js"}}'},
            "node dist/main.js",
        ),
        ({**NODE, "package.json": '{"main": "lib/a b.js"}'}, "node 'lib/a b.js'"),
        (
            {**NODE, "package.json": '{"main": "a.js"}', "Dockerfile": 'FROM x\nCMD ["npm", "start"]\n'},
            "node a.js",
        ),
        ({**NODE, "package.json": "{}", "server.js": ""}, "node server.js"),
        ({"go.mod": "module a\n", "cmd/shop/main.go": "package main\n"}, "./cmd/shop"),
        ({"go.mod": "module a\n", "main.go": "// x\npackage main\n"}, "."),
        (
            {"pom.xml": POM.format("<plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin>")},
            "java -jar target/shop-1.2.jar",
        ),
        (
            {
                "build.gradle.kts": 'plugins { id("org.springframework.boot") version "4" }\nversion = "1.0"\n',
                "settings.gradle.kts": 'rootProject.name = "shop"\n',
            },
            "java -jar build/libs/shop-1.0.jar",
        ),
    ],
)
def test_the_start_command_is_that_of_the_folder(tmp_path: Path, files: dict[str, str], start: str) -> None:
    found = shown(tmp_path, files)
    assert found.missing == [] and found.asked.program.start == start
    assert any(note.startswith(f"starts `{start}`, from ") for note in found.notes)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "the folder has none of pyproject.toml"),
        ({**PYTHON, "package.json": "{}"}, "may be in python or node; pass --language"),
        ({"pyproject.toml": ""}, "write one with `uv lock`"),
        ({"requirements.txt": "fastapi==1\n"}, "has no hashes for `fastapi==1`"),
        ({"requirements.txt": "-r other.txt\n"}, "includes other files"),
        ({"requirements.txt": HASHED + "-e .\n"}, "has editable packages"),
        ({"requirements.txt": "--index-url https://a:b@pypi.example.com/\n" + HASHED}, "pass --private"),
        (PYTHON, 'pass --start "PROGRAM WORD …"'),
        ({**PYTHON, "a.py": FASTAPI, "b.py": FASTAPI}, "pass --start"),
        ({"requirements.txt": "fastapi==1 --hash=sha256:ab\n", "a.py": FASTAPI}, "pass --start"),
        (
            {**PYTHON, "Procfile": "web: migrate && uvicorn a:b"},
            "Procfile: the start command 'migrate && uvicorn a:b' needs a shell",
        ),
        ({**PYTHON, "Procfile": "web: uvicorn $APP"}, "uses a variable"),
        ({**NODE, "package.json": '{"scripts": {"start": "A=b node x"}}'}, "sets a variable"),
        ({**NODE, "package.json": '{"workspaces": ["a"], "main": "x.js"}'}, "has workspaces"),
        ({"yarn.lock": "#\n\n__metadata:\n", "package.json": '{"main": "x.js"}'}, "Yarn 2 or newer"),
        (
            {"go.mod": "module a\n", "cmd/a/main.go": "package main\n", "cmd/b/main.go": "package main\n"},
            "pass --start",
        ),
        ({"pom.xml": POM.format("")}, "pass --start"),
    ],
)
def test_what_the_folder_does_not_show_is_asked(tmp_path: Path, files: dict[str, str], said: str) -> None:
    assert said in "; ".join(shown(tmp_path, files).missing)


def test_port_and_health_are_those_of_the_dockerfile_unless_they_are_given(tmp_path: Path) -> None:
    text = 'FROM x\nEXPOSE 9000/tcp\nHEALTHCHECK CMD curl -f http://localhost:9000/v1/health || exit 1\nCMD ["gunicorn", "a:b"]\n'
    asked = shown(tmp_path, {**PYTHON, "Dockerfile": text}).asked
    assert (asked.app_port, asked.health) == (9000, "/v1/health")
    asked = shown(tmp_path, {}, "app_port", "health").asked
    assert (asked.app_port, asked.health) == (8000, "")


def test_install_scripts_run_for_packages_that_need_them_here(tmp_path: Path) -> None:
    program = shown(
        tmp_path, {**NODE, "package.json": '{"main": "a.js", "scripts": {"build": "tsc"}}'}
    ).asked.program
    assert program.installing == ("sharp",) and program.compiled and program.lock_file == "package-lock.json"


def test_what_an_image_got_before_is_all_that_it_gets(tmp_path: Path) -> None:
    files = {**PYTHON, "app/a.py": "", "x.yaml": "", "Procfile": "web: gunicorn a:b"}
    assert shown(
        tmp_path, {**files, "Dockerfile": "FROM x\nCOPY app ./app\nCOPY --from=y /z /z\n"}
    ).asked.program.include == ("app",)
    assert shown(
        tmp_path, {**files, ".dockerignore": "*\n!x.yaml\n!app\napp/*.log\n"}
    ).asked.program.include == ("app", "x.yaml")
    (tmp_path / ".dockerignore").unlink()
    assert shown(tmp_path, {**files, "Dockerfile": "FROM x\nCOPY . .\n"}).asked.program.include == ()


def test_files_with_the_name_of_a_credential_and_nothing_in_them_are_let_in(tmp_path: Path) -> None:
    key = (
        "-----BEGIN PRIVATE KEY-----\n"
        + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7" * 8
        + "\n-----END PRIVATE KEY-----\n"
    )
    certificate = key.replace("PRIVATE KEY", "CERTIFICATE")
    dump = "INSERT INTO users VALUES ('a', '$2b$12$abcdefghijklmnopqrstuuK1aZ0hZ0hZ0hZ0hZ0hZ0hZ0hZ0hZ0hZ');\n"
    files = {
        **PYTHON, "tls/ca.pem": certificate, "tls/own.pem": key, "migrations/1.sql": "CREATE TABLE a (b int);\n", "x/rows.sql": dump, "x/dump.sql": "SELECT 1;\n", "x/a.sql": "--\n-- MySQL dump 10.13\n",
        "x/y.sql": "SELECT 1;\n", ".env": "A=b\n", "data.sqlite": "text", "Procfile": "web: gunicorn a:b", "odd name.pem": certificate,
    }  # fmt: skip
    found = shown(tmp_path, files)
    assert found.asked.program.let_in == ("migrations/*.sql", "tls/ca.pem", "x/y.sql")
    assert any(
        note.startswith("kept out of the image: ") and "`tls/own.pem`" in note and "`odd name.pem`" in note
        for note in found.notes
    )


def test_images_are_those_that_the_dockerfile_names_by_digest(tmp_path: Path) -> None:
    digest = f"@sha256:{'ab' * 32}"
    text = f'FROM {{}}\nRUN x\nFROM python:3.13-slim{digest}\nCMD ["gunicorn", "a:b"]\n'
    found = shown(tmp_path, {**PYTHON, "Dockerfile": text.format(f"node:24{digest}")})
    assert found.asked.images == {"base": f"python:3.13-slim{digest}"}
    found = shown(tmp_path, {"Dockerfile": text.format(f"python:3.13{digest}")})
    assert found.asked.images == {"base": f"python:3.13-slim{digest}", "build": f"python:3.13{digest}"}
    found = shown(tmp_path, {"Dockerfile": text.format("x").replace(digest, "")})
    assert found.asked.images == {} and any(
        "python:3.13-slim: `docker buildx" in note for note in found.notes
    )


def test_a_folder_with_the_name_of_a_credential_is_told(tmp_path: Path) -> None:
    files = {**PYTHON, "app/shadow/__init__.py": "", "Procfile": "web: gunicorn a:b"}
    assert "kept out of the image: `app/shadow`" in shown(tmp_path, files).notes


BAD = st.text(
    st.sampled_from([*"\n\r`$#\"'\\ <;|&END]!*\t{}", "\x1b", "\u2028", "é", "/", ".", "-"]),
    min_size=1,
    max_size=10,
)
SHAPES: tuple[Callable[[str], dict[str, str]], ...] = (
    lambda bad: {**PYTHON, "Procfile": f"web: gunicorn {bad}\n"},
    lambda bad: {**PYTHON, "Dockerfile": f"FROM x\nWORKDIR {bad}\nEXPOSE {bad}\nHEALTHCHECK CMD curl http://localhost/{bad}\nCOPY {bad} .\n"
                                         f"CMD {json.dumps(['gunicorn', bad])}\n"},
    lambda bad: {**PYTHON, "compose.yaml": json.dumps({"services": {"a": {"build": ".", "command": ["gunicorn", bad]}}})},
    lambda bad: {**PYTHON, ".dockerignore": f"*\n!{bad}\n", "Procfile": "web: gunicorn a"},
    lambda bad: {"package.json": json.dumps({"main": bad}),
                 "package-lock.json": json.dumps({"lockfileVersion": 3, "packages": {f"node_modules/{bad}": {"hasInstallScript": True}}})},
    lambda bad: {"go.mod": "module a\n", f"cmd/x{bad.replace('/', '').replace('.', '')}/main.go": "package main\n"},
    lambda bad: {**PYTHON, f"x{bad.replace('/', '').replace('.', '')}.sql": "SELECT 1;\n", "Procfile": "web: gunicorn a"},
)  # fmt: skip


@given(st.sampled_from(range(len(SHAPES))), BAD)
@settings(max_examples=60)
def test_no_name_and_no_text_of_a_folder_becomes_an_instruction(shape: int, bad: str) -> None:
    """What is written has the instructions that every program of its language has, and excludes what every one excludes."""
    with TemporaryDirectory() as place:
        found = shown(Path(place), SHAPES[shape](bad))
    if found.missing:
        return
    asked = msgspec.structs.replace(
        found.asked, images={"base": f"x@sha256:{'ab' * 32}", "build": f"x@sha256:{'ab' * 32}"}
    )
    try:
        files = targets.render("image", intent_of(asked, contract(), Policy())).files
    except HardenProblem:
        return
    words = [(i.keyword, i.exec_form) for i in dockerfile.parse(files["Dockerfile"])]
    usual = {"RUN": {True}, "CMD": {True}, "ENTRYPOINT": {True}}
    assert all({form} <= usual.get(keyword, {True, False}) for keyword, form in words)
    assert [keyword for keyword, _ in words].count("FROM") == 2 and words[-1][0] == "CMD"
    assert [keyword for keyword, _ in words if keyword in ("USER", "EXPOSE", "HEALTHCHECK")] == [
        "USER",
        "EXPOSE",
        "HEALTHCHECK",
    ]
    patterns = ignorefile.parse(files[".dockerignore"])
    assert all(
        ignorefile.excluded(patterns, path)
        for path in (".env", ".git/config", "a/id_rsa", "b/.aws/credentials")
    )


def test_folders_that_are_not_looked_into_are_named(tmp_path: Path) -> None:
    deep = "/".join("abcdefghij")
    many = {f"many/{number}.txt": "" for number in range(2_001)}
    notes = shown(tmp_path, {**PYTHON, **many, f"{deep}/main.py": FASTAPI}).notes
    assert [note for note in notes if note.startswith("not looked for")] == [
        "not looked for files that are kept out by their names alone in `a/b/c/d/e/f/g/h/i`: at most 5000 entries, 8 folders deep",
        "not looked for the application object in `a/b/c/d/e`, `many`: at most 2000 entries, 4 folders deep",
    ]


def test_nothing_is_named_where_everything_was_looked_at(tmp_path: Path) -> None:
    files = {**PYTHON, "a/b/c/d/main.py": FASTAPI, "node_modules/a/b/c/d/e/f/main.py": FASTAPI}
    assert not [note for note in shown(tmp_path, files).notes if note.startswith("not looked for")]
