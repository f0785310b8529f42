"""JSON in all that it is called, charsets, and media types that are declared as ranges, or not sent."""

from __future__ import annotations

from cases.bodies_case import bad, taken, unfit

_GOOD = b'{"name":"mug"}'
_WRONG = b'{"name":7}'
_UTF_7 = b"+AHs-+ACI-name+ACI-:+ACI-mug+ACI-+AH0-"
_JSON = "application/json"


def _charset(name: str, text: str, body: bytes = _GOOD) -> tuple[str, bytes, str]:
    return f"JSON, {name}", body, f"Content-Type: application/json{text}"


# RFC 8259, 8.1: between systems JSON is UTF-8. RFC 9110, 5.6.6: names and charsets in any case, values quoted or not.
CHARSETS = (
    *(taken(f"JSON, {name}", "json", _GOOD, f"application/json{text}") for name, text in (
        ("UTF-8", "; charset=utf-8"), ("UTF-8 in upper case", ";charset=UTF-8"), ("UTF-8 quoted", '; charset="utf-8"'), ("CHARSET", "; CHARSET=Utf-8"),
        ("semicolon at the end", ";"), ("another parameter", "; version=1"), ("blanks around a semicolon", " ;  charset=utf-8 "), ("tab before a semicolon", "\t;charset=utf-8"))),
    *(unfit(f"JSON, {name}", "json", body, f"Content-Type: application/json{text}") for name, text, body in (
        ("UTF-7", "; charset=utf-7", _UTF_7), ("UTF-7 quoted", '; charset="UTF-7"', _UTF_7), ("UTF-7 in upper case", "; CHARSET=UTF-7", _UTF_7),
        ("UTF-16", "; charset=utf-16", _GOOD.decode().encode("utf-16")), ("UTF-16LE", "; charset=utf-16le", _GOOD.decode().encode("utf-16-le")),
        ("UTF-32", "; charset=utf-32", _GOOD.decode().encode("utf-32")), ("Latin-1", "; charset=iso-8859-1", b'{"name":"\xe9"}'),
        ("windows-1252", "; charset=windows-1252", _GOOD), ("Shift_JIS", "; charset=shift_jis", _GOOD), ("EBCDIC", "; charset=ibm037", _GOOD),
        ("ASCII", "; charset=us-ascii", _GOOD), ("no charset's name", "; charset=", _GOOD), ("an empty charset", '; charset=""; x=utf-8', _GOOD[:0] or _GOOD),
        ("two charsets", "; charset=utf-8; charset=utf-7", _GOOD), ("two equal charsets", "; charset=utf-8; charset=utf-8", _GOOD),
        ("a charset with an escape", '; charset="ut\\f-7"', _GOOD), ("a charset in apostrophes", "; charset='utf-8'", _GOOD),
        ("blanks around =", "; charset = utf-7", _GOOD), ("an unended quote", '; charset="utf-8', _GOOD), ("a comma", ", text/plain", _GOOD),
        ("a parameter without a value", "; charset", _GOOD), ("garbage behind", " x", _GOOD))),
    *(bad(f"JSON without a charset in {name}", "json", body, _JSON) for name, body in (
        ("UTF-7", _UTF_7), ("UTF-16", _GOOD.decode().encode("utf-16")), ("UTF-32LE", _GOOD.decode().encode("utf-32-le")), ("Latin-1", b'{"name":"\xe9"}'))),
)  # fmt: skip
NAMES = (
    taken("JSON by a suffix", "json", _GOOD, "application/vnd.shop+json"),
    bad("wrong JSON by a suffix", "json", _WRONG, "application/vnd.shop+json"),
    unfit("UTF-7 by a suffix", "json", _UTF_7, "Content-Type: application/vnd.shop+json; charset=utf-7"),
    unfit("applicationjson", "json", _GOOD, "Content-Type: applicationjson"),
    unfit("json alone", "json", _GOOD, "Content-Type: json"),
    unfit("an empty Content-Type", "json", _GOOD, "Content-Type:"),
    unfit("JSON called text", "json", _GOOD, "Content-Type: text/plain"),
    unfit("JSON called javascript", "json", _GOOD, "Content-Type: application/javascript"),
    unfit("JSON called a form", "json", _GOOD, "Content-Type: application/x-www-form-urlencoded"),
    unfit("JSON without a Content-Type", "json", _GOOD),
    taken("merge patch", "merge", b'{"name":null}', "application/merge-patch+json"),
    bad("wrong merge patch", "merge", b'{"name":7}', "application/merge-patch+json"),
    bad("merge patch of what is not declared", "merge", b'{"admin":true}', "application/merge-patch+json"),
    taken("JSON patch", "merge", b'[{"op":"add","path":"/name","value":1}]', "application/json-patch+json"),
    bad("JSON patch of no operation", "merge", b'[{"op":"move","path":"/a","from":"/b"}]', "application/json-patch+json"),
    bad("a merge patch called a JSON patch", "merge", b'{"name":null}', "application/json-patch+json"),
    unfit("JSON where patches are declared", "merge", b'{"name":null}', "Content-Type: application/json"),
)  # fmt: skip
RANGES = (
    taken("*/*, JSON", "any", _GOOD, _JSON),
    bad("*/*, wrong JSON", "any", _WRONG, _JSON),
    bad("*/*, wrong JSON by a suffix", "any", _WRONG, "application/vnd.x+json"),
    bad("*/*, text/json", "any", _WRONG, "text/json"),
    unfit("*/*, UTF-7", "any", _UTF_7, "Content-Type: application/json; charset=utf-7"),
    unfit("*/*, no Content-Type", "any", _GOOD),
    unfit("*/*, no Content-Type, wrong", "any", _WRONG),
    unfit("*/*, application/jsonx", "any", _WRONG, "Content-Type: application/jsonx"),
    unfit("*/*, text", "any", _WRONG, "Content-Type: text/plain"),
    unfit("*/*, octets", "any", _WRONG, "Content-Type: application/octet-stream"),
    unfit("*/*, what is no media type", "any", _WRONG, "Content-Type: */*"),
    taken("*/*, XML", "any", b"<x><name>mug</name><size>1</size></x>", "application/xml"),
    bad("*/*, wrong XML", "any", b"<x><name>mug</name><size>big</size></x>", "application/xml"),
    taken("application/*, JSON", "application", _GOOD, _JSON),
    bad("application/*, wrong JSON", "application", _WRONG, _JSON),
    unfit("application/*, text/json", "application", _GOOD, "Content-Type: text/json"),
    unfit("application/*, application/jsonx", "application", _WRONG, "Content-Type: application/jsonx"),
    taken("*/* without a schema, anything", "free", b"\x00\xff", "application/x-anything"),
    unfit("*/* without a schema, no Content-Type", "free", b"\x00\xff"),
    unfit("*/* without a schema, UTF-7", "free", _UTF_7, "Content-Type: application/json; charset=utf-7"),
)  # fmt: skip
OWNED = (
    taken("without readOnly properties, required ones", "owned", b'{"name":"mug"}', _JSON),
    bad("a readOnly property", "owned", b'{"name":"mug","id":7}', _JSON),
    bad("a readOnly property below", "owned", b'{"name":"mug","parts":[{"n":1},{"n":2,"id":7}]}', _JSON),
    bad("a readOnly property that is null", "owned", b'{"name":"mug","id":null}', _JSON),
)
CASES = OWNED + CHARSETS + NAMES + RANGES
# What exported guards decide alike.
_ALIKE = (
    "UTF-8", "UTF-8 in upper case", "UTF-8 quoted", "CHARSET", "another parameter", "UTF-7", "UTF-7 quoted", "UTF-7 in upper case", "UTF-16", "UTF-32", "Latin-1", "ASCII",
    "two charsets", "two equal charsets", "a charset in apostrophes", "blanks around =",
)  # fmt: skip
EVERYWHERE = tuple(case for case in CHARSETS if case.name.partition(", ")[2] in _ALIKE) + tuple(
    case for case in (*NAMES, *RANGES) if case.name.endswith(("no Content-Type", "without a Content-Type", "UTF-7", "by a suffix")) and "schema" not in case.name
)  # fmt: skip
