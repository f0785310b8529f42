"""One key with one right value: what a row of the tables says, in both languages.

Defaults are those of the AWS API as the Terraform provider and CloudFormation pass them on (provider
documentation, "Argument Reference"; CloudFormation template reference). UNKNOWN: an account's setting, a
snapshot or another resource decides.
"""

from __future__ import annotations

from typing import TypeAlias

from batten.model import Unknown
from batten.model.record import record

Scalar: TypeAlias = str | bool | int
REPLACED = "the data: the change replaces the resource, so restore it from an encrypted copy first"
DOWNTIME = "clients that connect without TLS"
# Instances of RDS Custom are always encrypted, export no logs, and must not take minor versions by themselves (Amazon RDS API
# reference, CreateDBInstance).
CUSTOM = ("engine", "Engine", "custom-")


@record
class AwsKey:
    """`on`: the values that turn the aspect on (in capitals or not); (): any value does. `right`: what to
    write. `unless`: keys of either language that, when written, decide instead of the default.
    `given`: the default holds only where this key (Terraform, CloudFormation) has one of these values or is
    not written; `only`: the row is about those alone that have this key with one of these values.
    `among`: where this key is written with another value than these, the row says nothing. `apart`: nor where this key
    (Terraform, CloudFormation) begins with this word.
    `settled`: a resource of one of these types, anywhere in the module, decides instead of the default.
    `beside`: keys that, when written, do the same in another way, whatever this one says.
    `also`: further keys to write, (Terraform, CloudFormation, value). `within`: the repeated blocks, or
    lists of maps, that hold the key. `right` is "" where a person must choose. `least`: the smallest number that is
    enough. `kind`: which safeguard or update it is, of the aspects "safeguard" and "updates". `dials`: see `DataService`.
    `image`: the key of the machine image, which may require session tokens by itself. `off`: values that turn the aspect off,
    where any other does. `called`: the row is about those whose name, under this key or in the file, is that of a secret.
    `guarded`: see `DataService`; where it is public by default, only then.
    What the change does to a resource that exists is in `updates.txt`, for each type and key with something to write."""

    aspect: (
        str  # "at-rest", "in-transit", "public", "authenticated", "tokens", "audit", "safeguard", "updates"
    )
    service: str
    types: tuple[str, str]  # Terraform, CloudFormation
    keys: tuple[str, str]  # "/" between nested blocks or properties
    default: bool | Unknown
    right: Scalar = True
    on: tuple[Scalar, ...] = (True,)
    unless: tuple[str, ...] = ()
    also: tuple[tuple[str, str, Scalar], ...] = ()
    within: tuple[str, str] = ("", "")
    given: tuple[str, str, tuple[str, ...]] = ("", "", ())
    settled: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    breaks: str = ""
    weakly: bool = False
    only: tuple[str, str, tuple[str, ...]] = ("", "", ())
    least: int | None = None
    kind: str = ""
    among: tuple[str, str, tuple[str, ...]] = ("", "", ())
    apart: tuple[str, str, str] = ("", "", "")
    dials: bool = False
    image: tuple[str, str] = ("", "")
    off: tuple[Scalar, ...] = ()
    called: tuple[str, str] = ("", "")
    guarded: bool = False


def at_rest(
    service: str,
    types: tuple[str, str],
    keys: tuple[str, str],
    default: bool | Unknown = False,
    unless: tuple[str, ...] = (),
    within: tuple[str, str] = ("", ""),
    given: tuple[str, str, tuple[str, ...]] = ("", "", ()),
    settled: tuple[str, ...] = (),
    apart: tuple[str, str, str] = ("", "", ""),
) -> AwsKey:
    return AwsKey(
        "at-rest", service, types, keys, default, unless=unless, breaks=REPLACED, within=within, given=given,
        settled=settled, apart=apart,
    )  # fmt: skip
