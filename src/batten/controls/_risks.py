"""Fixes that look harmless and are not: who may notice them, whichever technology writes them.

A fix is safe only if no client and no start-up can notice it. A writer knows what its edit risks in its own format; what
the requirement itself risks is said here, once. A fix that a writer already says is risky keeps the writer's words.
"""

from __future__ import annotations

from collections.abc import Mapping

# By control, or control and case.
RISKS: Mapping[str, str] = {
    "access-logged": "disks that the log fills, and servers that may not write it",
    "access-rule-effective": "clients that the rule did not catch until now",
    "bucket-logged": "deployments whose log bucket does not accept the logs, and the bill for storage",
    "bucket-recoverable": "programs that count on deletion, and the bill for storage",
    "cache-control-sensitive/shared-cache": "the cache hit rate",
    "cloud-api-logged": "deployments of accounts without a role for logs, and the bill for logs",
    "cloud-data-encrypted": "the data: most services are replaced or copied when this changes",
    "cloud-logging-on": "deployments that may not write logs, and the bill for logs",
    "container-no-new-privileges": "programs that gain rights when they start, such as sudo, su and ping",
    "content-type-declared": "clients that read the body as text",
    "debug-headers-absent": "developers and measurements that read it",
    "debug-off": "developers who rely on debug pages, and files that a framework serves in debug mode only",
    "error-free-of-traces": "clients and developers that read the details",
    "error-schemas-defined": "clients generated from the contract, where the API does not send such errors",
    "headers-inherited": "pages and clients that work only without these headers",
    "image-trusted-build/package-cache": "later steps that install packages without fetching the lists",
    "response-size-uniform": "clients generated from the contract",
    "secret-not-inline": "programs and people who use the credential from this file",
    "smuggling-closed": "clients and upstreams that rely on such headers",
    "store-encrypted": "clients that connect without TLS",
    "store-hardened": "clients on other hosts, until a password is set",
    "upstream-fixed": "paths with encoded or doubled slashes",
}
# Where a technology's fix of such a control is safe all the same.
_UNNOTICED = frozenset(
    [
        ("debug-off", "caddy"),  # a level of its log
        ("error-free-of-traces", "apache"),  # another ETag: a cache asks once more
    ]
)


def risk_of(control: str, case: str, technology: str) -> str:
    """Who may notice what fixes a case of a control; "": no client and no start-up."""
    if (control, technology) in _UNNOTICED:
        return ""
    return RISKS.get(f"{control}/{case}") or RISKS.get(control, "")
