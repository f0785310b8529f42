"""Terraform's functions on known values. What is not here, or gets what is not known, is UNKNOWN.

Reference: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from batten.model import UNKNOWN
from batten.technologies.cloud.terraform.formatting import formatted, formatted_each
from batten.technologies.cloud.terraform.lists import (
    coalesce,
    coalesce_list,
    common,
    compacted,
    concat,
    contains,
    element,
    every,
    flattened,
    held_keys,
    held_values,
    in_order,
    length,
    lookup,
    merge,
    of_list,
    ranged,
    setproduct,
    single,
    sliced,
    some,
    summed,
    to_set,
    union,
    unique,
    zipmap,
)
from batten.technologies.cloud.terraform.networks import cidr_host, cidr_netmask, cidr_subnet, cidr_subnets
from batten.technologies.cloud.terraform.texts import (
    decoded,
    decoded_json,
    decoded_yaml,
    encoded,
    joined,
    of_text,
    of_texts,
    parted,
    replaced,
    substr,
    to_bool,
    to_number,
    to_string,
)
from batten.technologies.cloud.terraform.values import Function, Value, is_number


def call(name: str, values: list[Value]) -> Value:
    """Raises Failure where Terraform would stop."""
    function = _FUNCTIONS.get(name)
    return UNKNOWN if function is None else function(values)


def _same(values: list[Value]) -> Value:
    return values[0] if len(values) == 1 else UNKNOWN


def _numbers(change: Callable[[list[int | float]], int | float]) -> Function:
    """Of numbers, or of the numbers of one list followed by `...`."""

    def function(values: list[Value]) -> Value:
        known = [v for v in values if is_number(v)]
        if not known or len(known) != len(values):
            return UNKNOWN
        return change(known)

    return function


# `jsonencode` is kept as the value it encodes: policies are read as data either way.
_FUNCTIONS: Mapping[str, Function] = {
    "abs": _numbers(lambda n: abs(n[0])),
    "alltrue": of_list(every),
    "anytrue": of_list(some),
    "base64decode": of_text(lambda w: str(decoded(w))),
    "base64encode": of_text(encoded),
    "basename": of_text(lambda w: w.rstrip("/").rpartition("/")[2]),
    "ceil": _numbers(lambda n: math.ceil(n[0])),
    "chomp": of_text(lambda w: w.rstrip("\r\n")),
    "cidrhost": cidr_host,
    "cidrnetmask": cidr_netmask,
    "cidrsubnet": cidr_subnet,
    "cidrsubnets": cidr_subnets,
    "coalesce": coalesce,
    "coalescelist": coalesce_list,
    "compact": of_list(compacted),
    "concat": concat,
    "contains": contains,
    "dirname": of_text(lambda w: w.rpartition("/")[0] or "."),
    "distinct": of_list(unique),
    "element": element,
    "endswith": of_texts(lambda one, two: one.endswith(two)),
    "flatten": of_list(flattened),
    "floor": _numbers(lambda n: math.floor(n[0])),
    "format": formatted,
    "formatlist": formatted_each,
    "join": joined,
    "jsondecode": decoded_json,
    "jsonencode": _same,
    "keys": held_keys,
    "length": length,
    "lookup": lookup,
    "lower": of_text(str.lower),
    "max": _numbers(max),
    "merge": merge,
    "min": _numbers(min),
    "nonsensitive": _same,
    "one": of_list(single),
    "range": ranged,
    "replace": replaced,
    "reverse": of_list(lambda items: items[::-1]),
    "sensitive": _same,
    "setintersection": common(keep=True),
    "setproduct": setproduct,
    "setsubtract": common(keep=False),
    "setunion": union,
    "slice": sliced,
    "sort": of_list(in_order),
    "split": parted,
    "startswith": of_texts(lambda one, two: one.startswith(two)),
    "strcontains": of_texts(lambda one, two: two in one),
    "substr": substr,
    "sum": of_list(summed),
    "title": of_text(str.title),
    "tobool": to_bool,
    "tolist": _same,
    "tomap": _same,
    "tonumber": to_number,
    "toset": to_set,
    "tostring": to_string,
    "trim": of_texts(lambda one, two: one.strip(two)),
    "trimprefix": of_texts(lambda one, two: one.removeprefix(two)),
    "trimspace": of_text(str.strip),
    "trimsuffix": of_texts(lambda one, two: one.removesuffix(two)),
    "upper": of_text(str.upper),
    "values": held_values,
    "yamldecode": decoded_yaml,
    "yamlencode": _same,
    "zipmap": zipmap,
}
