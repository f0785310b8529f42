"""Which technologies a path may be of: the index of globs against the globs themselves, and what a name costs."""

from __future__ import annotations

import random
from itertools import product

from batten.technologies import named_like, technologies
from spending import at_most

GLOBS = sorted({glob for technology in technologies().values() for glob in technology.files})
PARTS = sorted({part.replace("*", "q").replace("?", "z") for glob in GLOBS for part in glob.split("/")})


def paths() -> set[str]:
    """Paths that fit each glob, that nearly do, and that are put together of their parts."""
    made = {"", "/", "a", "a/", "//x"}
    for glob, fill, above, behind in product(
        GLOBS, ("", "a", "x.y", "a/b"), ("", "d/", "x"), ("", "x", ".bak")
    ):
        filled = glob.replace("**/", f"{fill}/" if fill else "").replace("**", fill)
        made.add(above + filled.replace("*", fill.replace("/", "")).replace("?", "z") + behind)
    chosen = random.Random(7)
    made.update("/".join(chosen.choices(PARTS, k=chosen.randint(1, 4))) for _ in range(5_000))
    return made


def test_the_index_finds_what_the_globs_find() -> None:
    some = [path for number, path in enumerate(sorted(paths())) if number % 3 == 0]
    for path in some:
        assert named_like(path) == [t for t in technologies().values() if t.named(path)], path


def test_names_that_are_nothing_cost_little() -> None:
    """100,000 files of which no reader knows a name: each is held against few globs, not against all."""
    endings = ("png", "jpg", "svg", "md", "txt", "map", "woff2", "snap")
    names = [f"packages/p{n % 50}/lib{n}/image{n}.{endings[n % 8]}" for n in range(100_000)]
    named_like(names[0])
    with at_most(4):
        assert not any(map(named_like, names))


def test_a_difference_of_a_file_is_no_such_file() -> None:
    assert named_like("deploy/.env")
    assert not any(map(named_like, ("deploy/.env.patch", "deploy/.env.diff", "nginx/nginx.conf.rej")))
