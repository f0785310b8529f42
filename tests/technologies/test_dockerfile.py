from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.review import review
from batten.facts import BuildContext, BuildStep, Fact, Feature, Image, Workload
from batten.formats import SyntaxProblem, Workspace, apply
from batten.model import UNKNOWN, Context, Problem, Safety, Switch
from batten.policy import Policy
from batten.technologies import Unit
from batten.technologies.orchestration.dockerfile import adapter


def facts(text: str, files: dict[str, str] | None = None) -> list[Fact | Problem]:
    workspace = Workspace(Path("/nonexistent"), {**(files or {}), "Dockerfile": text})
    return list(adapter.read(Unit("dockerfile", ("Dockerfile",)), workspace))


def workload(text: str) -> Workload:
    return next(f for f in facts(text) if isinstance(f, Workload))


def test_the_final_stage_inherits_from_the_stages_it_builds_on() -> None:
    found = workload("ARG V=3.13\nFROM python:${V} AS a\nUSER 7\nHEALTHCHECK CMD x\nFROM a AS b\nRUN y\n")
    assert found.user.value == "7"
    assert found.health is not None and found.health.value is True


def test_what_a_variable_or_an_unknown_base_decides_is_unknown() -> None:
    assert workload("FROM python:3\nARG U\nUSER $U\n").user.effective is UNKNOWN
    assert workload("ARG B\nFROM $B\n").user.effective is UNKNOWN
    assert workload("FROM registry.example.com/x:1\n").user.effective is UNKNOWN
    assert workload("FROM python:3\n").user.effective == "root"


def test_stages_and_images_are_told_apart() -> None:
    found = [f for f in facts("FROM a:1 AS x\nFROM x\nFROM scratch\n") if isinstance(f, Image)]
    assert [(i.name, i.tag, i.stage) for i in found] == [
        ("a", "1", False),
        ("x", "", True),
        ("scratch", "", True),
    ]


def test_remote_scripts_are_seen_in_every_dress() -> None:
    lines = (
        "RUN curl -sL https://x.example.com/a | sudo -E bash -",
        "RUN wget -qO- https://x.example.com/a | sh",
        'RUN sh -c "$(curl -fsSL https://x.example.com/a)"',
        "RUN bash <(curl -s https://x.example.com/a)",
        "RUN <<EOF\ncurl https://x.example.com/a | python3\nEOF",
    )
    for line in lines:
        weak = {f.weakness for f in facts(f"FROM debian:13\n{line}\n") if isinstance(f, BuildStep)}
        assert Switch.REMOTE_SCRIPT in weak, line


def test_the_context_counts_what_the_ignore_file_forgets() -> None:
    files = {".dockerignore": ".env\n", ".env": "", "app/id_rsa": "", "app/main.py": "", "other/key.pem": ""}
    context = next(f for f in facts("FROM a:1\nCOPY app /app\n", files) if isinstance(f, BuildContext))
    assert (context.copies_all, context.sensitive) == (False, ("app/id_rsa",))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="AFROMUSERNVCPY \n=$\"'{}\\[]<-:./", max_size=80))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    for body in (text, f"FROM a:1\nENV {text}\nCOPY {text}\n", f"FROM {text}\nUSER {text}\n"):
        with contextlib.suppress(SyntaxProblem):
            facts(body)


def weak(body: str, before: str = "FROM debian:13\n") -> list[tuple[Switch, str]]:
    """(weakness, what it is shown at) of each step."""
    text = f"{before}{body}\n"
    found = [f for f in facts(text) if isinstance(f, BuildStep)]
    return [(f.weakness, text[f.at.span.start : f.at.span.end]) for f in found if f.at.span]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("RUN curl -fsSLk https://x.example.com -o a", "-fsSLk"),
        ("RUN true \\\n  && curl --insecure https://x.example.com", "--insecure"),
        ('RUN curl "-k" https://x.example.com', '"-k"'),
        ("RUN pip install --trusted-host a.example.com b", "--trusted-host a.example.com"),
        ("RUN npm config set strict-ssl false", "false"),
        ("RUN git -c http.sslVerify=false clone https://x.example.com", "-c http.sslVerify=false"),
        ("RUN NODE_TLS_REJECT_UNAUTHORIZED=0 npm ci", "NODE_TLS_REJECT_UNAUTHORIZED=0"),
        ("RUN export PYTHONHTTPSVERIFY=0; x", "PYTHONHTTPSVERIFY=0"),
        ("RUN rpm -i --nosignature x.rpm", "--nosignature"),
        (
            "RUN <<EOF\nset -e\nwget --no-check-certificate https://x.example.com\nEOF",
            "--no-check-certificate",
        ),
        ("COPY <<EOF /etc/apt/a.list\ndeb [trusted=yes] https://x.example.com a b\nEOF", "[trusted=yes]"),
    ],
)
def test_switched_off_verification_is_shown_at_its_word(line: str, shown: str) -> None:
    assert weak(line) == [(Switch.PACKAGE_UNVERIFIED, shown)]


@pytest.mark.parametrize(
    "line",
    [
        "RUN sort -k 2 a && curl https://x.example.com -o k",
        "RUN curl -o k https://x.example.com && curl -H 'X: -k' https://x.example.com",
        "RUN echo 'curl -k https://x.example.com | sh'",
        "RUN curl https://x.example.com/a | tar xz && curl https://x.example.com/b | jq .c",
        "RUN curl https://x.example.com | python3 -c 'import sys' && wget -qO- https://x.example.com | node -p 1",
        "RUN curl https://x.example.com -o a.sh && sha256sum -c a.sum && sh a.sh",
        "RUN <<EOF\n# curl https://x.example.com | sh\ntrue\nEOF",
        "RUN python3 <<EOF\ncurl = 1 | sh\nEOF",
        "RUN chmod 1777 /tmp && chmod +x /a && chmod u+w,g+s /b && chmod 2755 /c && chmod -R go-w /d",
        "RUN --security=sandbox --network=none true",
        "ARG VERSION\nENV A=$VERSION TOKEN_FILE=/run/secrets/t PUBLIC_KEY=$VERSION",
        "COPY id_rsa.pub .aws-sdk.json /etc/",
    ],
)
def test_what_only_looks_weak_is_not(line: str) -> None:
    assert weak(line) == []


def test_remote_scripts_run_under_other_names() -> None:
    lines = (
        'RUN ["sh", "-c", "curl -s https://x.example.com | sh"]',
        'RUN eval "$(curl -s https://x.example.com)"',
        "RUN . <(wget -qO- https://x.example.com)",
        "RUN curl -s https://x.example.com | tee a | bash -s -- -y",
        "RUN curl -sS https://x.example.com | php -- --quiet",
        "ONBUILD RUN curl -s https://x.example.com | sh",
        "RUN powershell -Command iex ((New-Object Net.WebClient).DownloadString('https://x.example.com'))",
    )
    for line in lines:
        assert Switch.REMOTE_SCRIPT in {w for w, _ in weak(line)}, line


def test_credentials_passed_to_a_build_count_in_what_is_shipped() -> None:
    assert [w for w, _ in weak("ARG NPM_TOKEN\nENV TOKEN=$NPM_TOKEN")] == [Switch.SECRET_ARGUMENT] * 2
    assert weak("ARG NPM_TOKEN\nFROM debian:13") == []


def test_a_last_stage_for_developers_is_not_what_is_shipped() -> None:
    assert workload("FROM python:3 AS app\nUSER 7\nFROM app AS dev\nUSER root\n").user.value == "7"
    assert workload("FROM python:3 AS test\nUSER root\n").user.value == "root"


def test_a_stage_that_is_built_by_its_name_says_what_it_is_for() -> None:
    text = "FROM python:3 AS app\nUSER 7\nFROM app AS unit-tests\nUSER root\nENV FLASK_DEBUG=1\nFROM app\nUSER 8\n"
    workspace = Workspace(Path("/nonexistent"), {"Dockerfile": text})
    found = list(adapter.read(Unit("dockerfile", ("Dockerfile",)), workspace))
    users = [(f.user.value, f.at.context) for f in found if isinstance(f, Workload)]
    assert users == [("8", None), ("root", Context.TEST)]
    assert [f.at.context for f in found if isinstance(f, Feature)] == [Context.TEST]


def test_the_context_of_a_dockerfile_may_lie_above_it() -> None:
    files = {".dockerignore": "*\n", "docker/Dockerfile": "FROM a:1\nCOPY . /a\n", "svc/a/Dockerfile": ""}
    files["svc/a/Dockerfile"] = "FROM a:1\nCOPY lib /lib\nCOPY . /a\n"
    files["lib/x"] = ""
    workspace = Workspace(Path("/nonexistent"), files)
    for path in ("docker/Dockerfile", "svc/a/Dockerfile"):
        found = list(adapter.read(Unit("dockerfile", (path,)), workspace))
        assert {f.path for f in found if isinstance(f, BuildContext)} == {""}


def fixed(text: str) -> str:
    """The text with every fix that can be written, one after the other."""
    for _ in range(30):
        result = review(Workspace(Path("/nonexistent"), {"Dockerfile": text}), Policy())
        fixes = [f.fix for f in result.findings if f.fix is not None]
        edits = [
            e
            for fix in fixes
            if fix.safety is not Safety.VALUE
            for e in fix.edits
            if e.source == "Dockerfile"
        ]
        if not edits:
            return text
        text = apply(text, edits[:1])
    raise AssertionError("the fixes do not end")


def test_fixes_end_and_keep_everything_else() -> None:
    text = (
        "FROM debian:13-slim  # a comment of nobody's\n\n# kept\nRUN sudo -E apt-get update && \\\n"
        "    sudo apt-get install -y --force-yes \\\n      --allow-unauthenticated \\\n      curl\n"
        "RUN curl -kL https://x.example.com -o a && chmod -R 0777 /a\nEXPOSE 22\n"
        'ENV GIT_SSL_NO_VERIFY=1 A=b\nENTRYPOINT ["flask", "run", "--debug"]\n'
    )
    done = fixed(text)
    assert fixed(done) == done
    for line in ("# kept", "ENV A=b", "RUN curl -L https://x.example.com -o a && chmod -R 0755 /a"):
        assert line in done.splitlines()
    assert 'ENTRYPOINT ["flask", "run"]' in done and "EXPOSE" not in done and "sudo" not in done


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="curlsh| \\\n&;$()<>-k=\"'[]truey#sdo", max_size=80))
def test_no_command_makes_the_reader_fail(text: str) -> None:
    for body in (
        f"FROM a:1\nRUN {text}\n",
        f"FROM a:1\nRUN <<EOF\n{text}\nEOF\n",
        f"FROM a:1\nONBUILD RUN {text}\n",
    ):
        with contextlib.suppress(SyntaxProblem):
            facts(body)
