"""Columns of names, values and comments as `terraform fmt` makes them."""

from __future__ import annotations

import pytest

from batten.formats.hcl_layout import kept, laid_out

LAID_OUT = {
    "names of consecutive lines": 'a {\n  name    = "x"\n  enabled = true\n}\n',
    "an empty line between": "a {\n  name = 1\n\n  enabled = true\n}\n",
    "a comment between": "a {\n  name = 1\n  # why\n  enabled = true\n}\n",
    "a list that goes on below": "a {\n  b = 1\n  longer_name = [\n    1,\n  ]\n  c = 2\n}\n",
    "a heredoc, which ends no run": "a {\n  text   = <<-EOT\n    b = 1\n  EOT\n  longer = 2\n}\n",
    "trailing comments": "a {\n  b  = 1   # one\n  cd = 222 # two\n}\n",
    "comparisons and arrows": "a {\n  b   = c == d ? 1 : 2\n  all = { for k, v in w : k => v if v != 1 }\n}\n",
    "signs in strings": 'a {\n  b   = "x = ${y["=" ]} # z"\n  all = "//"\n}\n',
    "a block on one line": "a { b = 1 }\nlonger { c = 2 }\n",
    "a comment of several lines": "/* a = 1\n   longer = 2 */\nb = 3\n",
}
CHANGED = {
    'a {\n  name = "x"\n  enabled = true\n}\n': 'a {\n  name    = "x"\n  enabled = true\n}\n',
    "a = 1\nb     = 2\n": "a = 1\nb = 2\n",
    "a = 1 # one\nlonger = 2 # two\n": "a      = 1 # one\nlonger = 2 # two\n",
    "a = 1\r\nlonger = 2\r\n": "a      = 1\r\nlonger = 2\r\n",
    "é = 1\nab = 2\n": "é  = 1\nab = 2\n",
}


@pytest.mark.parametrize("text", LAID_OUT.values(), ids=LAID_OUT)
def test_what_is_laid_out_stays(text: str) -> None:
    assert laid_out(text) == text


@pytest.mark.parametrize(("text", "wanted"), CHANGED.items())
def test_names_and_comments_stand_in_columns(text: str, wanted: str) -> None:
    assert laid_out(text) == wanted
    assert laid_out(wanted) == wanted


def test_only_files_that_kept_to_it_are_laid_out() -> None:
    assert kept("main.tf", "a = 1\n", "a = 1\nlonger = 2\n") == "a      = 1\nlonger = 2\n"
    assert (
        kept("main.tf", "a = 1\nlonger = 2\n", "a = 1\nlonger = 2\nb = 3\n") == "a = 1\nlonger = 2\nb = 3\n"
    )
    assert kept("main.py", "a = 1\n", "a = 1\nlonger = 2\n") == "a = 1\nlonger = 2\n"


@pytest.mark.parametrize(
    "text", ["", "\n", '"', "<<", "a = <<EOT", 'a = "${', "/*", "}}}", "= = =", "a = [", "\x00"]
)
def test_what_is_no_hcl_is_laid_out_without_failing(text: str) -> None:
    assert laid_out(text).split() == text.split()
