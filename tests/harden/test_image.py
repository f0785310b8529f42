"""The rendered image: judged by batten, read back, and closed to texts of others."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from deployments import DIGEST, POLICY, judged, told
from hypothesis import given, settings
from hypothesis import strategies as st
from images import IMAGES, PYTHON, UVICORN, intent

from batten.engine.hardening.image_readback import compared
from batten.engine.review import review
from batten.facts import Image, Workload
from batten.formats import Workspace, dockerfile, ignorefile
from batten.harden import HardenProblem, targets
from batten.harden.image.starting import words
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.technologies.orchestration.dockerfile.stages import Stage, stages


def made(of: Intent) -> Made:
    return targets.render("image", of)


def last(of: Intent) -> Stage:
    return stages(dockerfile.parse(made(of).files["Dockerfile"]))[-1]


def said(stage: Stage, keyword: str) -> list[str]:
    found = stage.last(keyword)
    assert found is not None, keyword
    return [word.text for word in found.words]


@pytest.fixture(params=IMAGES)
def of(request: pytest.FixtureRequest) -> Intent:
    return IMAGES[request.param]


def test_it_is_judged_clean_and_the_same_again(of: Intent) -> None:
    found = judged(made(of))
    assert told(found) == [] and found.problems == []
    assert dict(made(of).files) == dict(made(of).files)


def test_its_own_reader_sees_what_was_asked_for(of: Intent) -> None:
    facts = judged(made(of)).facts
    (workload,) = [fact for fact in facts if isinstance(fact, Workload)]
    assert (
        workload.user.value == "10001:10001" and workload.health is not None and workload.health.value is True
    )
    assert [fact.digest for fact in facts if isinstance(fact, Image)] == [DIGEST.removeprefix("@")] * 2


def test_the_last_stage_runs_nothing_and_starts_without_a_shell(of: Intent) -> None:
    stage = last(of)
    assert "RUN" not in {one.keyword for one in stage.instructions}
    for keyword in ("CMD", "ENTRYPOINT"):
        found = stage.last(keyword)
        assert found is not None and found.exec_form
    assert said(stage, "ENTRYPOINT") == [] and said(stage, "EXPOSE") == ["8000"]
    copies = [one for one in stage.instructions if one.keyword == "COPY"]
    assert copies and all(one.flag("chown") and one.flag("from") for one in copies)


def test_every_step_of_the_build_is_without_a_shell(of: Intent) -> None:
    steps = [i for i in dockerfile.parse(made(of).files["Dockerfile"]) if i.keyword == "RUN"]
    assert steps and all(step.exec_form for step in steps)


def test_credentials_of_the_registry_are_a_secret_of_the_steps_that_fetch(of: Intent) -> None:
    text = made(of).files["Dockerfile"]
    mounted = [line for line in text.splitlines() if line.startswith("RUN --mount=type=secret,")]
    assert bool(mounted) is of.program.private
    assert all("required=true" in line for line in mounted)


@pytest.mark.parametrize("health", ["", "/v1/alive"])
def test_the_health_check_asks_where_the_application_listens(of: Intent, health: str) -> None:
    application = replace(of.stack.application, port=9123, health=health)
    text = made(replace(of, stack=replace(of.stack, application=application))).files["Dockerfile"]
    assert "9123" in text and ("/v1/alive" in text) is bool(health)


@pytest.mark.parametrize(
    "path",
    [".git/config", ".env", "app/.env.production", "deploy/id_rsa", "tls/server.key", "dump.sql", ".npmrc", "a/.aws/credentials",
     "terraform.tfstate", ".bash_history", "secrets/db/password", "node_modules/x/index.js", "__pycache__/a.pyc", "a/users.sqlite3",
     "target/x.jar", "settings.py~", ".kube/config", "Dockerfile", "compose.yaml"],
)  # fmt: skip
def test_what_may_be_in_no_image_stays_out_of_the_build(path: str) -> None:
    own = {"node_modules/x/index.js": "npm", "__pycache__/a.pyc": "pip", "target/x.jar": "maven"}
    text = made(IMAGES[own.get(path, "pip")]).files[".dockerignore"]
    assert ignorefile.excluded(ignorefile.parse(text), path)
    assert not ignorefile.excluded(ignorefile.parse(text), "app/main.py")


def test_what_is_let_in_is_let_in_by_name_and_only_what_is_included_at_all() -> None:
    patterns = ignorefile.parse(made(IMAGES["npm, compiled"]).files[".dockerignore"])
    inside = [
        p
        for p in ("src/main.ts", "package.json", "package-lock.json", "certs/ca.pem")
        if not ignorefile.excluded(patterns, p)
    ]
    assert inside == ["src/main.ts", "package.json", "package-lock.json", "certs/ca.pem"]
    for path in ("certs/other.pem", "other.ts", "src/.env", ".npmrc", "src/deep/a.key"):
        assert ignorefile.excluded(patterns, path)


def test_the_list_lies_where_the_builder_looks_for_it() -> None:
    assert set(made(IMAGES["pip"]).files) == {"Dockerfile", ".dockerignore"}
    assert set(made(IMAGES["pip, private"]).files) == {"Dockerfile", "Dockerfile.dockerignore"}


HOSTILE = st.text(
    alphabet=st.sampled_from(
        [
            "\n",
            "\r",
            "`",
            "$",
            "#",
            '"',
            "'",
            "\\",
            " ",
            "<",
            ";",
            "|",
            "&",
            "E",
            "N",
            "D",
            "\u2028",
            "é",
            "]",
            ",",
        ]
    ),
    max_size=12,
)


@given(HOSTILE, HOSTILE)
def test_no_text_of_a_start_command_becomes_an_instruction(one: str, other: str) -> None:
    """It is refused, or an array of exactly these words."""
    start = f"uvicorn {one} {other}"
    usual = [i.keyword for i in dockerfile.parse(made(IMAGES["pip"]).files["Dockerfile"])]
    try:
        text = made(intent({"base": PYTHON}, language="python", start=start)).files["Dockerfile"]
    except HardenProblem as error:
        assert "--start" in str(error)
        return
    assert [i.keyword for i in dockerfile.parse(text)] == usual
    command = text.splitlines()[-1].removeprefix("CMD ")
    assert tuple(json.loads(command)) == words(start, 8000) and command.isascii()


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("", "is not known"),
        ("a && b", "needs a shell"),
        ("a `b`", "needs a shell"),
        ("a > b", "needs a shell"),
        ("a $HOME", "uses a variable"),
        ("A=b c", "sets a variable"),
        ("/bin/sh -c a", "starts a shell"),
        ("a 'b", "a quote that is not closed"),
        ("a\nRUN b", "a control character"),
        ("--host a", "begins with an option"),
    ],
)
def test_a_start_command_that_needs_a_shell_is_refused(start: str, said: str) -> None:
    with pytest.raises(HardenProblem, match=re.escape(said)):
        words(start, 8000)


def test_the_port_is_put_into_the_start_command() -> None:
    assert words("a --bind 0.0.0.0:${PORT:-5000} '--x=a b' $PORT", 81) == (
        "a",
        "--bind",
        "0.0.0.0:81",
        "--x=a b",
        "81",
    )


JDK = {"base": PYTHON, "build": PYTHON}


@pytest.mark.parametrize(
    ("program", "images", "said"),
    [
        ({}, {}, "the language is not known; pass --language"),
        ({"language": "cobol"}, {}, "the language is not known"),
        ({"language": "python", "lock_file": "Pipfile"}, {}, "'Pipfile' is not a lock file of python"),
        ({"language": "python", "start": UVICORN}, {}, "no image with a digest is given for 'base'"),
        ({"language": "go", "start": "."}, {"base": PYTHON}, "no image with a digest is given for 'build'"),
        ({"language": "go", "start": "../x"}, JDK, "is not a package of this module"),
        ({"language": "go", "start": "-toolexec"}, JDK, "begins with an option"),
        ({"language": "java", "start": "java -jar ../x.jar"}, JDK, "names no archive"),
        ({"language": "java", "start": "java Main"}, JDK, "names no archive"),
        (
            {"language": "node", "start": "node a", "installing": ("--x",)},
            JDK,
            "'--x' is not a name of a package",
        ),
        (
            {"language": "python", "start": UVICORN, "let_in": ("a\n!.env",)},
            JDK,
            "is not a path for .dockerignore",
        ),
        (
            {"language": "python", "start": UVICORN, "let_in": ("../x",)},
            JDK,
            "is not a path for .dockerignore",
        ),
        (
            {"language": "python", "start": UVICORN, "include": ("a*",)},
            JDK,
            "is not a path for .dockerignore",
        ),
    ],
)
def test_what_cannot_be_rendered_is_a_sentence(
    program: dict[str, Any], images: dict[str, str], said: str
) -> None:
    with pytest.raises(HardenProblem, match=re.escape(said)):
        made(intent(images, **program))


@pytest.mark.parametrize("host", ['a"b', "a\nEND\nRUN x", "a\\", "a b", "${x}"])
def test_no_host_of_a_policy_gets_into_a_program(of: Intent, host: str) -> None:
    with pytest.raises(HardenProblem, match="is not a host name"):
        made(replace(of, policy=replace(POLICY, hosts=("*.example.com", host))))


def test_a_server_that_nobody_reaches_is_told() -> None:
    notes = made(intent({"base": PYTHON}, language="python", start="uvicorn a:b")).notes
    assert any("listens on 127.0.0.1" in note for note in notes)
    assert not any("listens on 127.0.0.1" in note for note in made(IMAGES["pip"]).notes)


@given(
    st.sampled_from(sorted(IMAGES)),
    st.integers(1, 65535),
    st.from_regex(r"/[\w.~/-]{0,30}", fullmatch=True, alphabet="abcXYZ019._~/-"),
    st.sampled_from([(), ("api.example.com",), ("*.example.com", "b.example.com")]),
)
@settings(max_examples=40)
def test_what_was_asked_for_is_read_back(name: str, port: int, health: str, hosts: tuple[str, ...]) -> None:
    usual = IMAGES[name]
    application = replace(usual.stack.application, port=port, health=health)
    of = replace(
        usual, stack=replace(usual.stack, application=application), policy=replace(POLICY, hosts=hosts)
    )
    whole = made(of)
    with tempfile.TemporaryDirectory() as empty:
        workspace = Workspace(Path(empty), dict(whole.files))
        found = compared(of, review(workspace, POLICY).facts, workspace)
    assert found.differing == () and len(found.equal) == 6
