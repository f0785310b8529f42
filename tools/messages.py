"""Every sentence that users read, with its place: `python tools/messages.py [--kind KIND] [--file PART] [--check]`.

`--check` fails where a sentence, or a page of the documentation, holds a word of WORDS; docs/style.md shows them.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "batten"


class Word(NamedTuple):
    name: str
    expression: str
    better: str


# What the field does not write, and what it writes instead; docs/style.md quotes the list, and a test holds it there.
WORDS = (
    Word("whoever", "whoever|whomever", "anyone, anonymous clients, clients that …"),
    Word("whatever, wherever, whichever", "whatever|wherever|whichever", "any, every, in every …, the larger of …"),
    Word("nobody", "nobody|no one", "no client, never, anonymous"),
    Word("somebody, everybody, anybody", "somebody|everybody|anybody", "someone, all clients, anyone"),
    Word("mend", "mend(?:s|ed|ing)?", "fix, repair"),
    Word("is none", "(?:is|are) none", "is invalid, there is no …"),
    Word("is no X", r"(?:is|are|was|were) no (?!(?:longer|more|less|such|later)\b)\S+", "is not an X, is not valid X"),
    Word("obey", "obeys?|obeyed", "accept, follow, trust"),
    Word("demand", "demand(?:s|ed|ing)?", "require"),
    Word("defect of batten's", "(?:defect|error)s? of batten(?:'s)?(?: own)?", "internal error: please report it with the file"),
    Word("is made of", "(?:is|are) made of", "consists of, is built from"),
    Word("is typed with", "(?:is|are) typed with", "contains"),
    Word("gives up", "(?:gives?|gave) up", "requires no …, drops"),
    Word("in clear text", "in clear text", "unencrypted, plain-text"),
    Word("stranger", "strangers?(?:'s)?", "anonymous client, untrusted, attacker"),
    Word("take away", "(?:takes?|taken|took) (?:it |them )?away", "remove"),
    Word("tell", "tells?|told", "report, show, reveal"),
    Word("anew", "anew", "again, a new …"),
    Word("asked of", "asked of", "sent to, required of"),
    Word(
        "stand in, stand on …",
        "(?:stands?|standing) (?:in|on|at|above|below|behind|beside|there|here|twice|alone|outside|under)",
        "be in, be set on, be defined twice",
    ),
    Word("lie in, lie on …", "(?:lies?|lay) (?:in|on|at|outside|under|below|behind)", "be in"),
    Word("speak TLS", "speaks?|spoken", "use, support, require"),
    Word("let in, let through", "lets? (?:in|out|through)", "admit, accept, forward, return"),
    Word("vouch", "vouch(?:es|ed)?", "approve"),
)  # fmt: skip


class Sentence(NamedTuple):
    file: str
    line: int
    kind: str
    text: str


BY_CALL = {
    "control": "control",
    "Violation": "finding",
    "Case": "finding",
    "SyntaxProblem": "problem",
    "Problem": "problem",
    "complain": "problem",
    "problem": "problem",
    "Fix": "fix",
    "risky": "fix",
    "safe": "fix",
    "Change": "fix",
    "command": "help",
    "group": "help",
    "option": "help",
    "argument": "help",
    "version_option": "help",
    "ClickException": "error",
    "UsageError": "error",
    "BadParameter": "error",
    "stop": "error",
    "say": "output",
    "tell": "output",
    "echo": "output",
    "confirm": "output",
    "style": "output",
    "info": "log",
    "warning": "log",
    "error": "log",
    "exception": "log",
    "NotAssessed": "not assessed",
    "LeftAlone": "not assessed",
    "left_alone": "not assessed",
}
BY_PLACE = (
    ("controls/", "finding"),
    ("cli/", "output"),
    ("reports/", "report"),
    ("live/", "evidence"),
    ("guard/", "guard"),
    ("harden/", "harden"),
    ("policy/", "problem"),
    ("formats/", "problem"),
    ("contract/", "problem"),
    ("technologies/", "reading"),
)
KINDS = sorted({*BY_CALL.values(), *(kind for _, kind in BY_PLACE), "error", "page", "text"})

_SENTENCE = re.compile(r"[A-Za-z`'\"})][,;:]? [A-Za-z`'\"({]")
# Expressions, paths, queries and source code of other languages are not read by people.
_CODE = re.compile(
    r"\(\?|\\[sdwbAZS.]|\[\^|\[ |\A[/^<]|\A(?:SELECT|INSERT|CREATE|UPDATE|DELETE|PRAGMA|ALTER) "
)
_LUA = re.compile(r"\A(?:local|function|return|if|for|while) |[(\[]\{")
# Values of f-strings and code between backquotes are not words of a sentence.
_VALUE = re.compile(r"\{[^{}]*\}|`[^`]*`")
_WORDS = re.compile(
    rf"(?<![\w-])(?<!there )(?:{'|'.join(f'({word.expression})' for word in WORDS)})(?![\w-])", re.IGNORECASE
)
_CODE_CALLS = {"compile", "execute", "executemany", "executescript"}


def main() -> int:
    parser = argparse.ArgumentParser(description="List the sentences that users read.")
    parser.add_argument("--kind", choices=KINDS, help="Only this kind.")
    parser.add_argument("--file", default="", help="Only files whose path holds this.")
    parser.add_argument("--check", action="store_true", help="Fail on words that docs/style.md replaces.")
    asked = parser.parse_args()
    found = [
        s for s in (*sentences(), *pages(), *prose()) if asked.file in s.file and asked.kind in (None, s.kind)
    ]
    if asked.check:
        return check(found)
    for each in found:
        print(f"{each.file}:{each.line}: {each.kind}: {each.text}")
    return 0


def check(found: list[Sentence]) -> int:
    wrong = [(each, *word) for each in found for word in words(each.text)]
    for each, word, better in wrong:
        print(f"{each.file}:{each.line}: '{word}': write: {better}\n    {each.text}")
    print(f"{len(found)} sentences, {len(wrong)} words to replace")
    return 1 if wrong else 0


def words(text: str) -> Iterator[tuple[str, str]]:
    """The words in a sentence that docs/style.md replaces, each with what is written instead."""
    for match in _WORDS.finditer(_VALUE.sub("{}", text)):
        assert match.lastindex is not None
        yield match[0], WORDS[match.lastindex - 1].better


def sentences(source: Path = SOURCE) -> Iterator[Sentence]:
    """What the program says: literals with a blank between words, and the docstrings that become help."""
    for path in sorted(source.rglob("*.py")):
        yield from of_file(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))


def of_file(text: str, file: str) -> Iterator[Sentence]:
    tree = ast.parse(text)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = [s for node in ast.walk(tree) if (s := _sentence(node, parents, file)) is not None]
    return iter(sorted(found, key=lambda s: s.line))


def _sentence(node: ast.AST, parents: dict[ast.AST, ast.AST], file: str) -> Sentence | None:
    if isinstance(node, ast.FunctionDef) and (kind := _told(node)) and (doc := ast.get_docstring(node)):
        return Sentence(file, node.body[0].lineno, kind, " ".join(doc.split()))
    if not isinstance(node, ast.Constant | ast.JoinedStr) or isinstance(
        parents[node], ast.Expr | ast.JoinedStr | ast.FormattedValue
    ):
        return None
    text = " ".join(rendered(node).split())
    if not _SENTENCE.search(text) or _CODE.search(text) or ("guard/lua/" in file and _LUA.search(text)):
        return None
    kind = _kind(node, parents, file)
    return Sentence(file, node.lineno, kind, text) if kind else None


def rendered(node: ast.Constant | ast.JoinedStr) -> str:
    """The text of a literal, with `{expression}` where an f-string puts a value."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"
        for part in node.values
        if isinstance(part, ast.Constant | ast.FormattedValue)
    )


def _told(function: ast.FunctionDef) -> str:
    """The kind of a docstring that users read: a command's help, or why a control matters."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and (name := _name(decorator)) in ("command", "group", "control"):
            return "control" if name == "control" else "help"
    return ""


def _kind(node: ast.AST, parents: dict[ast.AST, ast.AST], file: str) -> str:
    """By the nearest call that says it, else by what is raised, else by the room; "" for source code."""
    place = file.removeprefix("src/batten/")
    fallback = next((kind for start, kind in BY_PLACE if place.startswith(start)), "text")
    if "remed" in place or place.endswith("shared/aws/changes.py"):
        fallback = "fix"
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.Call) and (name := _name(node)) in _CODE_CALLS:
            return ""
        if isinstance(node, ast.Call) and name in BY_CALL:
            return BY_CALL[name]
        if isinstance(node, ast.Raise) or (
            isinstance(node, ast.Call) and name.endswith(("Problem", "Refused"))
        ):
            return "error"
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Case" for base in node.bases):
            return "finding"
        if isinstance(node, ast.FunctionDef):
            return fallback
    return fallback


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def pages(source: Path = SOURCE) -> Iterator[Sentence]:
    """What templates of pages say: text between tags, with what is computed left out, and sentences that are computed."""
    for path in sorted(source.rglob("templates/*.html")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            computed = re.findall(r'"([^"]*)"', " ".join(re.findall(r"\{[{%].*?[%}]\}", line)))
            plain = re.sub(r"<[^>]*>", " ", re.sub(r"\{[{%#].*?[%}#]\}", " ", line))
            said = [" ".join(text.split()) for text in (*computed, plain)]
            file = str(path.relative_to(source))
            yield from (Sentence(file, number, "page", text) for text in said if _SENTENCE.search(text))


def prose(root: Path = ROOT) -> Iterator[Sentence]:
    """The paragraphs of the documentation and what inventories say, line by line, without fenced blocks."""
    rendered = root.glob("src/batten/technologies/**/*.txt")  # pages of the documentation site
    for path in sorted((*root.glob("*.md"), *root.glob("docs/**/*.md"), *rendered)):
        if path.suffix == ".txt" and path.name not in ("inventory.txt", "keys.txt"):
            continue
        fenced = False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            elif not fenced and _SENTENCE.search(line) and path.name != "style.md":
                yield Sentence(str(path.relative_to(root)), number, "documentation", line.strip())


if __name__ == "__main__":
    sys.exit(main())
