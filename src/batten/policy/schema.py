"""The JSON Schema of batten.yaml, for editors and for what writes such files.

The keys are those that the loader accepts, and the tests compare both in both directions, values of each kind included. What
a schema cannot say (a pattern that must compile, a fact's own fields) the loader says alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from batten.model import Context, Severity
from batten.policy.advising import ACCEPTED
from batten.policy.content import CSP, MOST_POLICY
from batten.policy.custom import TESTS, WORDS, kinds
from batten.policy.leniency import Framework, UndeclaredErrors
from batten.policy.load_content import WORDS as CONTENT
from batten.policy.load_guarding import CHOICES
from batten.policy.load_leniency import FORMATS, SOCKET
from batten.policy.load_services import MODES, NAME, PREFIX
from batten.policy.rates import LIMIT, Per
from batten.policy.services import KEYS

Schema = dict[str, object]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}
NUMBER: Schema = {"type": "number", "exclusiveMinimum": 0}
FLAG: Schema = {"type": "boolean"}
DATE: Schema = {"type": "string", "format": "date"}
ADDRESS: Schema = {"type": "string", "pattern": "^https?://[^/]+"}
ORIGIN: Schema = {"type": "string", "pattern": r"^https?://[^/*\s]+$"}
SEVERITY: Schema = {"enum": [severity.label for severity in Severity]}
SERVED: Schema = {"enum": list(CONTENT)}
PLAIN: Schema = {"type": ["string", "number", "boolean"]}


def policy_schema() -> Schema:
    """The schema of a whole batten.yaml."""
    off = {"type": "string", "minLength": 4, "description": "why the control is off"}
    rows: Schema = {**dict.fromkeys(ACCEPTED, PLAIN | {"minLength": 1}), "until": DATE}
    policy: Schema = {"type": "string", "maxLength": MOST_POLICY, "pattern": f"^{CSP.pattern}$"}
    said = _said(policy, "the Content-Security-Policy that is sent with it")
    words = ("reason", "owner", "path", "pointer", "environment", "case", "fingerprint")
    waiver_rows: Schema = {"control": PLAIN | {"minLength": 1}, "until": DATE, **dict.fromkeys(words, TEXT)}
    named = [context.value for context in Context]
    most: Schema = {"enum": ["keep", *(severity.label for severity in Severity)]}
    ruled = {"anyOf": [{"enum": named}, _object({"severity": most, "gate": FLAG})]}
    contexts_rows = {name: ruled for name in named if name != Context.PRODUCTION.value}
    slug: Schema = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)+$"}
    texts: dict[str, object] = dict.fromkeys(("title", "why", "header", "key", "field", "value"), TEXT)
    must: Schema = {
        "anyOf": [
            {"enum": [*WORDS, True, False]},
            {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
            | {"properties": {name: _many(PLAIN) if name == "one-of" else PLAIN for name in TESTS}},
        ]
    }
    custom_rows: Schema = {
        "control": slug,
        "severity": SEVERITY,
        "fact": {"enum": sorted(kinds())},
        "must": must,
    }
    top = _object(
        {
            "version": _said({"enum": [1, "1", "", None]}, "the version of this format"),
            "gate": _said(SEVERITY, "findings of this severity or above fail the run"),
            "contract": _said(TEXT, "the API's OpenAPI document"),
            "origins": _said(_list(ORIGIN), "origins whose pages may read answers in a browser"),
            "public": _said(_list(TEXT), "operations that require no credential, such as GET /health"),
            "content": _said(
                {
                    "anyOf": [
                        SERVED,
                        _table({"anyOf": [SERVED, _object({"serves": SERVED, "csp": said}, ("serves",))]}),
                    ]
                },
                "what hosts and paths serve: one word, or a row for each",
            ),
            "browsers": _said(FLAG, "whether browsers call the API"),
            "hosts": _said(_list(TEXT), "host names of the API"),
            "secrets": _said(_table(TEXT), "service: the environment variable that holds its password"),
            "answers": _said(_table(TEXT), "control: the value that its fix needs"),
            "controls": _said(
                _table({"anyOf": [SEVERITY, _object({"off": off, "severity": SEVERITY})]}),
                "control: another severity, or off with the reason",
            ),
            "ignore": _said(_list(TEXT), "globs of paths that are not reviewed"),
            "contexts": _said(
                {"type": "object", "properties": contexts_rows, "additionalProperties": {"enum": named}},
                "globs and what is there; contexts and what they do to findings",
            ),
            "waivers": _said(
                _many(_object(waiver_rows, ("control",))), "findings that are accepted until a day"
            ),
            "environments": _said(_table(_environment()), "running systems, in the order of a change"),
            "custom": _said(
                _many(_object(custom_rows | texts | {"when": _table(PLAIN)}, ("control", "fact", "must"))),
                "controls of one's own",
            ),
            "guard": _said(
                _guard(),
                "what the guard knows of the application, where it is lenient, and what it does where the contract leaves it open",
            ),
            "advisories": _said(
                _object(
                    {"minimum": SEVERITY, "private": _list(TEXT), "accepted": _many(_object(rows, ACCEPTED))}
                ),
                "known vulnerabilities of packages: the least severity that is reported, names that are sent nowhere, and what is accepted until a day",
            ),
            "certificate-days": _said(NUMBER, "days before its end from which a certificate is reported"),
            "hsts-seconds": _said(NUMBER, "seconds that Strict-Transport-Security must last"),
        }
    )
    head: Schema = {"$schema": DIALECT, "$id": "urn:batten:schema:policy:1", "title": "batten.yaml"}
    return head | top | {"type": ["object", "null"]}


def _said(schema: Schema, description: str) -> Schema:
    return schema | {"description": description}


def _object(properties: Schema, required: Iterable[str] = ()) -> Schema:
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | ({"required": list(required)} if required else {})


def _table(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _list(items: Schema) -> Schema:
    """A list, or one value in its place."""
    return {"anyOf": [_many(items), items]}


def _many(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _guard() -> Schema:
    words = ("rule", "operation", "status", "format")
    why = {"type": "string", "minLength": 4, "description": "why this is accepted"}
    texts: Schema = dict.fromkeys(KEYS, TEXT)
    service_words: Schema = {"type": "string", "pattern": f"^{NAME.pattern}$"}
    name: Schema = {"anyOf": [service_words, {"type": "integer", "minimum": 0}, FLAG]}
    needed: Schema = dict.fromkeys(("contract", "upstream"), PLAIN | {"minLength": 1})
    prefix: Schema = {"type": ["string", "null"], "pattern": f"^{PREFIX.pattern}/?$"}
    mode: Schema = {"enum": [*MODES, "", None]}
    rows = texts | needed | {"name": name, "hosts": _list(TEXT), "prefix": prefix, "mode": mode}
    limit = {"type": "string", "pattern": f"^{LIMIT.pattern}$"}
    burst = {
        "type": ["integer", "string"],
        "minimum": 1,
        "maximum": 99_999_999,
        "pattern": "^[1-9][0-9]{0,7}$",
    }
    rate_rows: Schema = {"operation": TEXT, "per": {"enum": [per.value for per in Per]}, "limit": limit}
    return _object(
        {
            "framework": {"enum": [framework.value for framework in Framework]},
            "undeclared-errors": {"enum": [choice.value for choice in UndeclaredErrors]},
            "formats": {"enum": list(FORMATS)},
            "pass": _list(TEXT),
            "websockets": _list({"type": "string", "pattern": f"^{SOCKET.pattern}$"}),
            "rates": _many(_object(rate_rows | {"burst": burst}, ("limit",))),
            "services": _many(_object(rows, ("name", "contract", "upstream"))),
            "relax": _many(_object({**dict.fromkeys(words, TEXT), "why": why}, ("why",))),
            **{key: {"enum": [member.value for member in choice]} for key, choice in CHOICES.items()},
        }
    )


def _environment() -> Schema:
    texts: Schema = {**dict.fromkeys(("plain", "contract", "ca"), TEXT), "url": ADDRESS}
    lists = dict.fromkeys(("stores", "tls", "assets", "differences"), _list(TEXT))
    numbers = dict.fromkeys(("rate", "budget", "timeout"), NUMBER)
    flags = dict.fromkeys(("active", "default-credentials", "try-logins", "smuggling"), FLAG)
    tables: Schema = {"headers": _table(TEXT), "roles": _table(_table(TEXT))}
    needs = {"anyOf": [{"required": ["url"]}, {"required": ["stores"]}, {"required": ["tls"]}]}
    return _object(texts | lists | numbers | flags | tables | {"content": SERVED}) | needs
