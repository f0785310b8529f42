"""`if` and `unless`: conditions of rules, with the named tests (acl) written out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.model.record import record
from batten.technologies.edges.haproxy.tree import Block, Item

# Manual, 7.4: tests that are there without being declared.
_PREDEFINED = {
    "FALSE": ["always_false"],
    "TRUE": ["always_true"],
    "HTTP": ["req.proto_http"],
    "LOCALHOST": ["src", "127.0.0.1/8", "::1"],
    "METH_CONNECT": ["method", "CONNECT"],
    "METH_DELETE": ["method", "DELETE"],
    "METH_GET": ["method", "GET", "HEAD"],
    "METH_HEAD": ["method", "HEAD"],
    "METH_OPTIONS": ["method", "OPTIONS"],
    "METH_POST": ["method", "POST"],
    "METH_PUT": ["method", "PUT"],
    "METH_TRACE": ["method", "TRACE"],
}
# What a converter leaves of Host: all of its name.
_WHOLE = ("", ",lower", ",host_only", ",field(1,:)", ",lower,host_only", ",host_only,lower")
_FETCH = re.compile(r"^([\w.-]+)(?:\((.*?)\))?(.*)$")


@record
class Test:
    """One test: what is fetched, with its argument and converters, and what it is held against."""

    fetch: str
    argument: str
    rest: str
    words: tuple[str, ...]
    negated: bool = False

    @property
    def patterns(self) -> tuple[str, ...]:
        """What it is held against, without flags."""
        without_flags: list[str] = []
        skip = False
        for word in self.words:
            if skip:
                skip = False
            elif word in ("-m", "-f", "-M", "-u"):
                skip = True
            elif word == "--":
                continue
            elif word not in ("-i", "-n"):
                without_flags.append(word)
        return tuple(without_flags)

    @property
    def how(self) -> str:
        """The matching method of `-m`, or of the fetch's ending: str, beg, end, reg, sub, found."""
        if "-m" in self.words[:-1]:
            return self.words[self.words.index("-m") + 1]
        ending = re.search(r"_(beg|end|reg|sub|dir|dom|len)$", self.fetch)
        return ending[1] if ending else "str"

    @property
    def from_file(self) -> bool:
        return "-f" in self.words or "-M" in self.words

    @property
    def over_tls(self) -> bool | None:
        """Whether it holds for TLS connections only (True) or plain ones only (False)."""
        words, found = self.patterns, None
        if self.fetch == "ssl_fc" and not self.argument:
            found = "not" not in self.rest
            if words in (("0",), ("false",)):
                found = not found
        elif self.fetch == "dst_port" and words in (("80",), ("443",)):
            found = words == ("443",)
        return None if found is None else found is not self.negated


@record
class Condition:
    """Alternatives, each of tests that must all hold. `unless` holds when none of them does. `known`:
    every named test was found, and no `.if` hides one."""

    unless: bool
    alternatives: tuple[tuple[Test, ...], ...]
    known: bool = True

    @property
    def tests(self) -> list[Test]:
        return [t for a in self.alternatives for t in a]

    def always_over(self, tls: bool) -> bool:
        """Whether it holds for every request of that transport, as far as the transport decides."""
        if not self.known:
            return False
        if self.unless:
            return all(any(t.over_tls is (not tls) for t in a) for a in self.alternatives)
        return any(all(t.over_tls is tls for t in a) for a in self.alternatives)

    def never_over(self, tls: bool) -> bool:
        """Whether it holds for no request of that transport, as far as the transport decides."""
        if not self.known:
            return False
        if self.unless:
            return any(all(t.over_tls is tls for t in a) for a in self.alternatives)
        return all(any(t.over_tls is (not tls) for t in a) for a in self.alternatives)

    @property
    def about_paths(self) -> bool:
        """Whether it holds for some paths only, below the root."""
        return (
            self.known and not self.unless and all(any(map(_of_a_path, tests)) for tests in self.alternatives)
        )


def _of_a_path(test: Test) -> bool:
    return (
        test.fetch in ("path", "path_beg", "path_dir")
        and not test.negated
        and not test.from_file
        and test.how != "reg"
        and bool(test.patterns)
        and all(len(p.rstrip("/")) > 1 for p in test.patterns)
    )


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """A rule's words before its condition, and the condition from `if` or `unless` on."""
    for number, word in enumerate(words):
        if word in ("if", "unless") and number:
            return words[:number], words[number:]
    return words, []


def condition_of(item: Item) -> Condition | None:
    """The condition of a rule; None when it always holds."""
    words = split(item.values)[1]
    if not words:
        return None
    done: list[list[Test]] = []
    current: list[list[Test]] = [[]]
    known = not item.statement.conditional
    tokens = iter(words[1:])
    for token in tokens:
        if token in ("or", "||"):
            done, current = [*done, *current], [[]]
            continue
        negated = token.startswith("!")
        token = token.lstrip("!") or next(tokens, "")
        found = [_inline(tokens)] if token == "{" else _named(item.home, token)
        known = known and bool(found)
        if negated:
            current = [[*a, *(_test(f, True) for f in found)] for a in current]
        elif found:  # several lines of one acl are alternatives
            current = [[*a, _test(f, False)] for f in found for a in current]
    made = (tuple(a) for a in (*done, *current) if a)
    return Condition(words[0] == "unless", tuple(made), known)


def host_names(front: Block) -> tuple[str, ...]:
    """The only hosts whose requests go anywhere: those that each `use_backend` compares Host with. () where one looks at
    anything else, or all others have a backend."""
    if front.inherited("default_backend") or front.all("server"):
        return ()
    names: dict[str, None] = {}
    for rule in front.all("use_backend"):
        condition = condition_of(rule)
        if condition is None or condition.unless or not condition.known or rule.varies:
            return ()
        for tests in condition.alternatives:
            hosts = [name for test in tests if _compares_host(test) for name in test.patterns]
            if not hosts:
                return ()
            names |= dict.fromkeys(name.lower() for name in hosts)
    return tuple(names)


def _compares_host(test: Test) -> bool:
    about = test.fetch in ("hdr", "req.hdr", "req.fhdr") and test.argument.lower() == "host"
    return about and not test.negated and test.how == "str" and not test.from_file and test.rest in _WHOLE


def _inline(tokens: Iterator[str]) -> list[str]:
    words = []
    for token in tokens:
        if token == "}":
            break
        words.append(token)
    return words


def _named(block: Block, name: str) -> list[list[str]]:
    """The tests of an acl's name."""
    found = [i for b in (*reversed(block.outer), block) for i in b.all("acl", name)]
    if any(i.varies for i in found):
        return []
    made = [i.values[2:] for i in found if len(i.values) > 2]
    return made or ([_PREDEFINED[name]] if name in _PREDEFINED else [])


def _test(words: list[str], negated: bool) -> Test:
    found = _FETCH.match(words[0]) if words else None
    if found is None:
        return Test(words[0] if words else "", "", "", tuple(words[1:]), negated)
    return Test(found[1].lower(), (found[2] or "").lower(), found[3].lower(), tuple(words[1:]), negated)
