from __future__ import annotations

import math

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.formats import yaml as reader
from batten.formats.document import SyntaxProblem
from batten.formats.tree import Entry, Mapping, Node, Plain, Scalar, Sequence, key_path, plain
from batten.formats.yaml import parse, parse_all, resolve


def source(text: str, *keys: str) -> str:
    node = key_path(parse(text), *keys)
    assert node is not None
    return text[node.span.start : node.span.end]


def fault(text: str) -> SyntaxProblem:
    with pytest.raises(SyntaxProblem) as caught:
        parse(text)
    assert 0 <= caught.value.offset <= len(text)
    assert caught.value.hint
    return caught.value


def entry(text: str, key: str) -> Entry:
    root = parse(text)
    assert isinstance(root, Mapping)
    found = root.entry(key)
    assert found is not None
    return found


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_spans_count_characters_and_leave_out_comments(newline: str) -> None:
    text = newline.join(
        (
            "😀é: 'ü' # c",
            "x:",
            "  - a",
            "  - b: c   # tail",
            "",
            "# far",
            "y: [1, {z: 2}]  # d",
            "w: |",
            "  t",
            "",
        )
    )
    assert source(text, "😀é") == "'ü'"
    assert source(text, "x") == newline.join(("- a", "  - b: c"))
    assert source(text, "y") == "[1, {z: 2}]"
    assert source(text, "w") == newline.join(("|", "  t"))
    assert source(text) == text.rstrip()


def test_anchor_and_tag_are_no_part_of_the_span() -> None:
    text = "a: &x !Ref name\nb: &y # c\n  k: 1\nc: !override\n  - 1\n"
    assert source(text, "a") == "name"
    assert source(text, "b") == "k: 1"
    assert source(text, "c") == "- 1"
    nodes = [key_path(parse(text), k) for k in "abc"]
    assert [n.tag for n in nodes if n is not None] == ["!Ref", "", "!override"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("off", "off"), ("true", True), ("FALSE", False), ("~", None), ("null", None),
        ("0x1F", 31), ("0o17", 15), ("017", 17), ("1_000", "1_000"), ("1e3", 1000.0), (".5", 0.5),
        ("-3", -3), ("1.2.3", "1.2.3"), ("80:80", "80:80"), (".inf", math.inf), ("-", "-"), ("+", "+"),
        ("2024-01-01", "2024-01-01"), ("9" * 5000, "9" * 5000),
    ],
)  # fmt: skip
def test_resolve(text: str, value: Plain) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_quoted_words_stay_words() -> None:
    assert plain(parse("a: 'true'\nb: \"1\"\nc: !!str 1\nd: !reset null\n8080: x\non: y\n")) == {
        "a": "true", "b": "1", "c": "1", "d": None, "8080": "x", "on": "y",
    }  # fmt: skip


def test_merge_lets_explicit_keys_win_and_keeps_spans() -> None:
    text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nuse:\n  <<: [*b, *m]\n  x: 9\n"
    use = key_path(parse(text), "use")
    assert isinstance(use, Mapping)
    assert plain(use) == {"x": 9, "y": 2, "z": 4}
    merged = use.entry("y")
    assert merged is not None and merged.merged
    assert text[merged.span.start : merged.span.end] == "y: 2"


def test_alias_shares_the_node_and_tells_where_it_stands() -> None:
    text = "a: &x [1]\nb: *x\nc:\n  - *x\n"
    assert plain(parse(text)) == {"a": [1], "b": [1], "c": [[1]]}
    alias = entry(text, "b").alias
    assert alias is not None and text[alias.start : alias.end] == "*x"
    items = entry(text, "c").value
    assert isinstance(items, Sequence)
    assert text[items.aliases[0].start : items.aliases[0].end] == "*x"
    root = parse(text)
    assert isinstance(root, Mapping) and root["a"] is root["b"]
    assert entry(text, "b").span.end == text.index("\nc")


def test_complex_key_is_its_source() -> None:
    assert plain(parse("? [a, b]\n: c\n")) == {"[a, b]": "c"}


def test_documents() -> None:
    text = "a: 1\n---\n---\nb: 2\n"
    assert [plain(document) for document in parse_all(text)] == [{"a": 1}, None, {"b": 2}]
    assert plain(parse(text)) == {"a": 1}
    assert plain(parse("")) is None
    assert parse_all("") == []


@pytest.mark.parametrize(
    ("text", "words", "at"),
    [
        ("a: 1\na: 2\n", "`a` is defined twice", 5),
        ("a: 1\n'a': 2\n", "`a` is defined twice", 5),
        ("<<: {a: 1}\n<<: {a: 2}\n", "`<<` is defined twice", 11),
        ("<<: 1\n", "merges only mappings", 4),
        ("é: *b", "no anchor", 3),
        ("a: &a [*a]", "inside its own anchor", 7),
        ("é: \x07", "U+0007", 3),
        ("a: \ud800", "surrogate", 3),
        ("\ufeffa: 1", "U+FEFF", 0),
        ("a: [1", "did not find expected", 5),
        ("a: b: c", "mapping values", 4),
    ],
)
def test_faults(text: str, words: str, at: int) -> None:
    problem = fault(text)
    assert words in str(problem)
    assert problem.offset == at


def test_several_merges_without_a_key_in_common_are_all_taken() -> None:
    text = "a: &a {x: 1}\nb: &b {y: 2}\nc:\n  <<: *a\n  z: 3\n  <<: *b\n"
    assert plain(parse(text))["c"] == {"z": 3, "x": 1, "y": 2}


def test_tab_indentation_has_its_hint() -> None:
    problem = fault("a:\n\tb: 1\n")
    assert "tabs" in problem.hint
    assert problem.offset == 3


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000, "{a: " * 10_000, "- " * 10_000, "? " * 10_000, "[[]," * 10_000,
        "\n".join(" " * i + "a:" for i in range(1_000)),
        "\n".join(" " * i + "- " for i in range(1_000)),
        "a0: &a0 [x]\n" + "\n".join(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 300)),
    ],
)  # fmt: skip
def test_deep_texts(text: str) -> None:
    assert "nested deeper than 200" in str(fault(text))


def test_two_hundred_levels_are_read() -> None:
    assert isinstance(parse("[" * 200 + "]" * 200), Sequence)


def test_alias_bomb() -> None:
    lines = ["a: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"b{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    assert "aliases expand to more than 200,000 nodes" in str(fault("\n".join(lines)))
    merges = "\n".join(f"m{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 12)}]}}" for i in range(1, 9))
    assert "aliases expand" in str(fault("m0: &m0 {x: 1}\n" + merges))


TEXT = st.text(
    alphabet=st.sampled_from("ab1é😀 \n\r\t:-?[]{},&*!|>'\"#%@`~<.\\\x00\x85\u2028\ufeff\ud800"), max_size=40
)


@given(
    st.one_of(TEXT, st.text(max_size=40), st.binary(max_size=40).map(lambda b: b.decode("utf-8", "replace")))
)
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_tree_or_a_problem(text: str) -> None:
    try:
        documents = parse_all(text)
    except SyntaxProblem as problem:
        assert 0 <= problem.offset <= len(text)
    else:
        for document in documents:
            _check(text, document)


def _check(text: str, node: Node) -> None:
    assert 0 <= node.span.start <= node.span.end <= len(text)
    if isinstance(node, Scalar):
        assert node.style in ("", "|", ">") or text[node.span.start] == text[node.span.end - 1] == node.style
        return
    for child in [e.value for e in node] if isinstance(node, Mapping) else node.items:
        _check(text, child)


LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(alphabet="abé😀 :#'\"-\n", max_size=8))
TREES = st.recursive(
    LEAVES,
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(st.text("abc1", min_size=1, max_size=3), below, max_size=4)
    ),
    max_leaves=15,
)


@given(TREES, st.booleans(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_what_pyyaml_writes_reads_back(value: Plain, flow: bool, windows: bool) -> None:
    text = pyyaml.safe_dump(value, allow_unicode=True, default_flow_style=flow, sort_keys=False)
    text = text.replace("\n", "\r\n") if windows else text
    root = parse(text)
    assert plain(root) == value
    _check_scalars(text, root)


def _check_scalars(text: str, node: Node) -> None:
    """A scalar's span alone reads as the scalar does."""
    if isinstance(node, Scalar):
        alone = text[node.span.start : node.span.end]
        if node.style not in ("|", ">") and "\n" not in alone:
            assert plain(parse(alone)) == node.value
        return
    for child in [e.value for e in node] if isinstance(node, Mapping) else node.items:
        _check_scalars(text, child)


_LINES = st.sampled_from(
    [
        "a: 1", "b: 'x'", "- c", "-", "  d: {e: [1, \"2\"], f: }", "? g", ": h", "  - i: &j k", "*j : l", "<<: *m",
        "n: &m {o: p}", "'<<': q", "r: !t s", "u: |", "  v", "--- w", "x: >-", "'y': ~", "a: 2", "... ", "# z", "",
        "? [1, 2]", "!!str 3: 0x10", "[{4: 5}, 6: 7]", "<<: [*m, *m]", "-  - 1.5", "    8: on",
    ]
)  # fmt: skip


@given(st.lists(_LINES, max_size=12).map("\n".join), st.booleans())
@settings(max_examples=600)
def test_a_scalar_of_the_usual_kind_is_made_as_any_other(text: str, later: bool) -> None:
    """In one step or in several, the tree is the same, and so is what is wrong with it."""

    def made() -> object:
        try:
            return parse_all(text, later=later)
        except SyntaxProblem as problem:
            return (str(problem), problem.offset, problem.hint)

    quick = made()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader._Composer, "usual", lambda self, event: False)
        assert repr(made()) == repr(quick)
