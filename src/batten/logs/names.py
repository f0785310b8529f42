"""Expressions of names at busy places: where any word stands for one thing, it need not be counted one by one.

They are run over all calls of a block, so there are but few.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from batten.contract import Contract
from batten.logs.folding import Paths
from batten.logs.prefixes import Prefix

_BUSY = 50  # a place of one call in so many is busy
_MOST_PLACES = 8
_MOST_KEPT = 100  # words that are no names there
_DIGIT = re.compile(r"\d")
_VARIABLE = re.compile(r"\{[^{}/]*\}")
_NAME = r"[\w~-]++(?=[/ ])"
Names = tuple[re.Pattern[bytes], bytes]  # what is found, and what it becomes


def identifiers(contract: Contract | None) -> re.Pattern[bytes]:
    """Segments with digits, but versions, and those that the contract writes out."""
    fixed = {part for part in _words(contract) if _DIGIT.search(part)}
    kept = "|".join([r"v[0-9]{1,3}(?:\.[0-9]{1,3})?", "oauth[12]", "2fa", *map(re.escape, sorted(fixed))])
    # ours: what the contract says is escaped in it
    return re.compile(rf"/(?!(?:{kept})[/ ])[^/ \n0-9]*+[0-9][^/ \n]*+".encode())


def _words(contract: Contract | None) -> set[str]:
    """The segments that a contract writes out."""
    operations = contract.operations if contract is not None else ()
    every = (part for one in operations for path in (one.path, *one.others) for part in path.split("/"))
    return {part for part in every if "{" not in part}


def of_places(paths: Paths, calls: int) -> Iterator[Names]:
    """Names at the places that were called most; the outer places first."""
    busy = [one for one in paths.crowded() if one[2] * _BUSY > calls and len(one[1]) < _MOST_KEPT]
    busiest = sorted(busy, key=lambda one: -one[2])[:_MOST_PLACES]
    for place, kept, _ in sorted(busiest, key=lambda one: one[0].count("/")):
        words = "|".join(map(re.escape, sorted(kept)))
        start = " " + place + "/"
        # ours: the place and its words are escaped in it. What was refused is left to be told by its own company.
        name = re.compile(rf"{re.escape(start)}(?!(?:{words})[/ ]){_NAME}(?=[^ \n]*+ [1-3])".encode())
        yield name, f"{start}{{}}".encode()


def of_templates(contract: Contract, distinct: Counter[str], prefix: Prefix) -> Iterator[Names]:
    """Names in paths of templates, by how many distinct paths of each were counted. A word that any template writes out at that place is
    none, and there is no other way to read what is left: such a path is of its template and of no other."""
    fixed, partly = _places(contract)
    least = distinct.total() / _BUSY
    for template, times in distinct.most_common(_MOST_PLACES):
        parts = template.split("/")
        variable = [depth for depth, part in enumerate(parts) if "{" in part]
        if not template.startswith(prefix.added + "/"):
            continue
        if times > least and not any(depth in partly or len(fixed[depth]) > _MOST_KEPT for depth in variable):
            made, folded = list[str](), list[str]()
            for template_depth, template_part in enumerate(parts):
                words = "|".join(map(re.escape, sorted(fixed[template_depth])))
                is_name = "{" in template_part
                made.append(
                    rf"(?!(?:{words})[/ ])(?:{_NAME}|\{{\}})" if is_name else re.escape(template_part)
                )
                folded.append("{}" if is_name else template_part)
            left_out = prefix.added.count("/") + 1
            start, path = prefix.removed + "/", "/".join(made[left_out:])
            # ours: what the contract says is escaped in it
            name = re.compile(f" {re.escape(start)}{path}(?= )".encode())
            yield (name, f" {start}{'/'.join(folded[left_out:])}".encode())


def _places(contract: Contract) -> tuple[Mapping[int, set[str]], set[int]]:
    """What templates write out, by depth, and where one of them writes out a part of a segment."""
    fixed: dict[int, set[str]] = defaultdict(set)
    partly: set[int] = set()
    for operation in contract.operations:
        for path in (operation.path, *operation.others):
            for depth, part in enumerate(path.split("/")):
                if "{" not in part:
                    fixed[depth].add(part)
                elif _VARIABLE.fullmatch(part) is None:
                    partly.add(depth)
    return fixed, partly
