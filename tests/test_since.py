"""Which tests with servers a change reaches."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from since import TESTS, Reach, changed, closure

FILES = {
    "a page of watch": "src/batten/watch/pages/__init__.py",
    "a rule of nginx": "src/batten/technologies/edges/nginx/adapter.py",
    "the model": "src/batten/model/__init__.py",
    "a document": "docs/style.md",
    "a fixture": "tests/pages/hsts/nginx.md",
    "the libraries": "constraints.txt",
    "a helper": "tests/oidc_provider.py",
    "data of the guard": "src/batten/guard/plan.json",
}
CASES = {
    "a page of watch": {
        "watch/test_serving.py": True,
        "guard/test_engine.py": False,
        "technologies/test_nginx.py": False,
    },
    "a rule of nginx": {
        "technologies/test_nginx.py": True,
        "technologies/test_redis.py": False,
        "fixes/test_safe_fixes.py": True,
        "test_example.py": True,
        "watch/access/test_in_chromium.py": False,
    },
    "the model": {
        "watch/test_serving.py": True,
        "guard/test_engine.py": True,
        "technologies/test_redis.py": True,
    },
    "a document": {
        "watch/test_serving.py": False,
        "guard/test_engine.py": False,
        "technologies/test_redis.py": False,
    },
    "a fixture": {"watch/test_serving.py": False, "guard/test_engine.py": False},
    "the libraries": {"watch/test_serving.py": True, "technologies/test_redis.py": True},
    "a helper": {"watch/access/test_in_chromium.py": True, "technologies/test_redis.py": False},
    "data of the guard": {"guard/test_engine.py": True, "technologies/test_redis.py": False},
}


@pytest.mark.parametrize("what", CASES)
def test_a_change_reaches_what_stands_on_it(what: str) -> None:
    file = FILES[what]
    if what == "data of the guard":
        file = next(one for one in sorted(closure("batten.guard")) if not one.endswith(".py"))
    reach = Reach({file})
    assert {test: reach(TESTS / test) for test in CASES[what]} == CASES[what]


def test_every_changed_file_is_told(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.example", *words],
            check=True,
        )

    git("init", "-q", "-b", "main")
    for name in ("committed", "kept", "open"):
        (tmp_path / name).write_text("1")
    git("add", ".")
    git("commit", "-qm", "Begin")
    git("checkout", "-qb", "work")
    (tmp_path / "committed").write_text("2")
    git("commit", "-qam", "Change")
    (tmp_path / "open").write_text("2")
    (tmp_path / "new").write_text("2")
    assert changed("main", tmp_path) == {"committed", "open", "new"}
    for wrong in ("nowhere", "--output=x"):
        with pytest.raises(pytest.UsageError, match=f"SINCE={wrong}: "):
            changed(wrong, tmp_path)
