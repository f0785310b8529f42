"""Files are opened, written, linked and removed in batten/files alone, and programs are started in batten/cell alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import batten

HOME = Path(batten.__file__).parent

# What touches files, by the name it is called by: `open(…)`, `os.open(…)`, `path.write_text(…)`.
BUILT_IN = {"open"}
OF_OS = {
    "open", "mkdir", "makedirs", "remove", "unlink", "rmdir", "removedirs", "rename", "renames", "replace", "link", "symlink",
    "chmod", "chown", "lchown", "truncate", "mkfifo", "mknod", "utime", "scandir", "listdir", "walk", "fwalk", "readlink",
    "execv", "execve", "execvp", "execvpe", "spawnv", "spawnve", "posix_spawn", "system", "popen", "fork", "forkpty",
}  # fmt: skip
OF_PATHS = {
    "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir", "rmdir", "rename", "symlink_to", "hardlink_to",
    "touch", "chmod", "iterdir", "glob", "rglob", "walk", "readlink", "lchmod",
}  # fmt: skip
MODULES = {"shutil", "tempfile", "subprocess", "glob", "fileinput", "multiprocessing", "pty"}
OF_OTHERS = {("sqlite3", "connect"), ("io", "open"), ("Path", "open")}

ROOMS = ("files/", "cell/")
# What is said here is why a module elsewhere may do what it does.
SAID = {
    ("cli/options.py", "read_bytes"): "--controls: the user's own code, which is run",
    ("guard/proxy/supervisor.py", "fork"): "the guard's own workers",
    ("cli/output.py", "shutil"): "the width of the terminal",
    (
        "engine/hardening/compose/running.py",
        "chown",
    ): "a volume that the engine made for a proof, for the user of its container",
}


def uses(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            yield from ((node.lineno, name) for name in names if name.partition(".")[0] in MODULES)
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in BUILT_IN:
            yield node.lineno, called.id
        if isinstance(called, ast.Attribute):
            owner = called.value.id if isinstance(called.value, ast.Name) else ""
            if (
                (owner == "os" and called.attr in OF_OS)
                or (owner, called.attr) in OF_OTHERS
                or (called.attr in OF_PATHS and owner not in ("os", "re", "ast") and not _of_another(called))
                or (called.attr == "open" and owner in ("path", "place", "file", "output"))
            ):
                yield node.lineno, called.attr


def _of_another(called: ast.Attribute) -> bool:
    """Trees, files-by-descriptor and the like have methods of these names, too."""
    return called.attr in ("walk", "glob", "touch") or (
        isinstance(called.value, ast.Name) and called.value.id in ("files", "root", "self")
    )


@cache
def found() -> dict[tuple[str, str], int]:
    everything = {}
    for path in sorted(HOME.rglob("*.py")):
        name = path.relative_to(HOME).as_posix()
        if name.startswith(ROOMS):
            continue
        for line, what in uses(ast.parse(path.read_text())):
            everything[name, what] = line
    return everything


def test_nothing_else_touches_files_or_starts_programs() -> None:
    others = {f"{name}:{line}: {what}" for (name, what), line in found().items() if (name, what) not in SAID}
    assert sorted(others) == [], "use batten.files or batten.cell"


def test_every_exception_is_needed() -> None:
    assert sorted(SAID.keys() - found().keys()) == [], (
        "the module does not do this any more: remove it from SAID"
    )


def test_the_test_sees_them() -> None:
    lines = (
        "import os, shutil",
        "open('a')",
        "os.remove('a')",
        "p.write_text('')",
        "sqlite3.connect('x')",
        "path.open()",
        "len(a)",
    )
    assert [line for line, _ in sorted(uses(ast.parse("\n".join(lines))))] == [1, 2, 3, 4, 5, 6]
