from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.formats import SyntaxProblem, apply
from batten.formats.dockerfile import directives, parse
from batten.formats.dockerfile_edits import insert_after, insert_before
from batten.formats.document import Text
from batten.formats.variables import expand

SOURCE = """\
# syntax=docker/dockerfile:1
ARG TAG=3.11
from --platform=linux/amd64 python:${TAG} AS base
# a comment
RUN --mount=type=cache,target=/x apt-get update && \\
    # inside

    apt-get install -y "curl wget"|cat; rm 'a b'
COPY --chown=app --link . /app
CMD ["python", "-m", "a\\u0062"]
ENTRYPOINT ['bad']
HEALTHCHECK --interval=5s CMD ["curl", "x"]
ONBUILD RUN echo hi
RUN <<EOF cat > /x <<-'TWO'
first
EOF
\tsecond
\tTWO
ENV A=b C="d e"
USER app
"""


def test_instructions() -> None:
    found = parse(SOURCE)
    keywords = "ARG FROM RUN COPY CMD ENTRYPOINT HEALTHCHECK ONBUILD RUN ENV USER"
    assert [i.keyword for i in found] == keywords.split()
    _, image, run, copy, cmd, entry, health, onbuild, heredoc, env, _ = found
    assert [w.text for w in image.words] == ["python:${TAG}", "AS", "base"]
    assert [(f.name, f.value) for f in image.flags] == [("platform", "linux/amd64")]
    assert [w.text for w in run.words] == (
        ["apt-get", "update", "&&", "apt-get", "install", "-y", "curl wget", "|", "cat", ";", "rm", "a b"]
    )
    assert "inside" not in run.value and "\n" not in run.value
    assert [(f.name, f.value) for f in copy.flags] == [("chown", "app"), ("link", None)]
    assert cmd.exec_form and [w.text for w in cmd.words] == ["python", "-m", "ab"]
    assert not entry.exec_form
    assert health.exec_form and [w.text for w in health.words] == ["CMD", "curl", "x"]
    assert onbuild.trigger is not None and onbuild.trigger.keyword == "RUN"
    assert [h.text for h in heredoc.heredocs] == ["first\n", "second\n"]
    assert [w.text for w in env.words] == ["A=b", "C=d e"]
    assert directives(SOURCE) == {"syntax": "docker/dockerfile:1"}


def test_spans_are_exact() -> None:
    for instruction in parse(SOURCE):
        written = SOURCE[instruction.keyword_span.start : instruction.keyword_span.end]
        assert written.upper() == instruction.keyword
        for flag in instruction.flags:
            assert SOURCE[flag.span.start : flag.span.end].startswith(f"--{flag.name}")
        for word in instruction.words:
            raw = SOURCE[word.start : word.end]
            assert word.quoted or raw == word.text or '"' in raw or "'" in raw
        assert SOURCE[instruction.span.end] == "\n"


def test_backtick_escape_and_crlf() -> None:
    found = parse("# escape=`\r\nFROM x\r\nRUN a `\r\n  C:\\b\r\nUSER y\r\n")
    assert [w.text for w in found[1].words] == ["a", "C:\\b"]
    assert found[2].value == "y"


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        ("# only\n", 0),
        ("FROM a\nRUNN x\n", 7),
        ("RUN <<E\nx\n", 4),
        ("ONBUILD\n", 0),
        ("#escape=x\nFROM a", 8),
    ],
)
def test_problems_say_where(text: str, offset: int) -> None:
    with pytest.raises(SyntaxProblem) as problem:
        parse(text)
    assert problem.value.offset == offset
    assert problem.value.hint


def test_a_word_across_lines_spans_both() -> None:
    text = "FROM a\nRUN foo\\\nbar baz\n"
    word = parse(text)[1].words[0]
    assert word.text == "foobar"
    assert text[word.start : word.end] == "foo\\\nbar"


def test_edits() -> None:
    text = "FROM a\n# run it\nRUN b \\\n  c\nCMD d"
    source, (first, run, cmd) = Text("f", text), parse(text)
    assert "a\nUSER x\n# run" in apply(text, [insert_after(source, first, "USER x")])
    assert "  c\nUSER x\nCMD" in apply(text, [insert_after(source, run, "USER x")])
    assert apply(text, [insert_after(source, cmd, "USER x")]).endswith("CMD d\nUSER x")
    assert "# run it\nUSER x\nRUN b" in apply(text, [insert_before(source, run, "USER x")])

    for dangling in ("FROM a\nRUN b \\\n", "FROM a\nRUN b \\\n# c\n", "FROM a\nRUN b \\"):
        last = parse(dangling)[-1]
        after = apply(dangling, [insert_after(Text("f", dangling), last, "USER x")])
        assert [i.keyword for i in parse(after)] == ["FROM", "RUN", "USER"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("$A:${A}", "1:1"),
        ("${B:-x$A}", "x1"),
        ("${E:-x}", "x"),
        ("${E-x}", ""),
        ("${A:+y}", "y"),
        ("${B:+y}", ""),
        ("${F#*/}", "b/c.txt"),
        ("${F##*/}", "c.txt"),
        ("${F%.*}", "a/b/c"),
        ("${F%%/*}", "a"),
        ("${F/b/x}", "a/x/c.txt"),
        ("$B", None),
        ("${B", None),
        ("${B:?no}", None),
        ("\\$A '$A' \"$A\"", "$A $A 1"),
        ("a$", "a$"),
        ("${X:-" * 5000 + "}" * 5000, None),
    ],
)
def test_expand(text: str, value: str | None) -> None:
    assert expand(text, {"A": "1", "E": "", "F": "a/b/c.txt"}) == value


@given(st.text(alphabet="${}:-+#%/'\"\\AB*") | st.text())
def test_expand_takes_any_text(text: str) -> None:
    expand(text, {"A": "x"})


PIECES = st.lists(
    st.sampled_from(
        [
            "FROM a",
            "run x",
            "\n",
            "\\\n",
            " ",
            "# c\n",
            "<<E",
            "\nE\n",
            "CMD [",
            '"a"',
            "]",
            "--f=1",
            "ONBUILD ",
            "'",
            "é",
        ]
    )
).map("".join)


@given(PIECES | st.text())
def test_any_text_is_instructions_or_a_problem(text: str) -> None:
    try:
        found = parse(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
        return
    for instruction in found:
        assert (
            text[instruction.keyword_span.start : instruction.keyword_span.end].upper() == instruction.keyword
        )
        after = apply(text, [insert_after(Text("f", text), instruction, "USER x")])
        assert len(parse(after)) == len(found) + 1
