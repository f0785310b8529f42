"""Parameters of requests: what the specification says of each style, kind and location.

Sections are those of OpenAPI 3.1.2, where nothing else is said. A group is one operation; each of its targets and
header lines is a case. What is refused names the parameter and why, never the value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

PREFIXES = {"2.0": "v20", "3.0.3": "v30", "3.1.1": "v31", "3.2.0": "v32"}


@dataclass(frozen=True)
class Group:
    """`declared` are the parameters in YAML's flow style, `template` is what follows the operation's own path. `bad`
    are predicates of the refusal's sentence, with what is refused so. A request is a target, or header lines."""

    name: str
    declared: str
    good: tuple[str, ...] = ()
    bad: dict[str, tuple[str, ...]] = field(default_factory=dict)
    template: str = ""
    version: str = "3.1.1"
    more: str = ""  # of the operation


@dataclass(frozen=True)
class Case:
    """`refused` is what the detail of the refusal holds, "" where the request passes."""

    name: str
    version: str
    number: int  # the group's
    target: str
    headers: tuple[str, ...]
    refused: str


def _path(schema: str, more: str = "") -> str:
    return f"[{{name: id, in: path, required: true, schema: {schema}{more}}}]"


def _query(schema: str, more: str = "", name: str = "q") -> str:
    return f"[{{name: {name}, in: query, schema: {schema}{more}}}]"


def _header(schema: str, more: str = "") -> str:
    return f"[{{name: X-A, in: header, schema: {schema}{more}}}]"


def _cookie(schema: str, more: str = "", name: str = "c") -> str:
    return f"[{{name: {name}, in: cookie, schema: {schema}{more}}}]"


_LIST = "{type: array, items: {type: integer}, maxItems: 3}"
_WORDS = "{type: array, items: {type: string, maxLength: 5}, maxItems: 2}"
_COLOR = "{type: object, required: [R], properties: {R: {type: integer}, G: {type: integer, maximum: 255}}, additionalProperties: false}"
_TYPE, _ITEM = "is not an integer", "does not match `type` of its schema at /"
_MOST, _REPEATED, _REQUIRED = "does not match `maxItems`", "is repeated", "is required"
_NOT_JSON = (
    "007",
    "1e3",
    "1.0",
    "+5",
    "0x10",
    "1_000",
    "%205",
    "NaN",
    "true",
    "-",
    "--1",
    "Infinity",
    "%D9%A1",
)

GROUPS = (
    # Kinds. Texts have the forms of JSON (Data Types: an integer has no fraction and no exponent), in every location alike.
    Group("integer in a path", _path("{type: integer}"), ("/7", "/-7", "/0", "/-0", "/123456789012345678901234567890"),
          {_TYPE: tuple(f"/{text}" for text in _NOT_JSON)}, "/{id}"),
    Group("integer in a query", _query("{type: integer}"), ("?q=7", "?q=%37", "?", "", "?q=-0"),
          {_TYPE: ("?q=", "?q", *(f"?q={text.replace('+', '%2B')}" for text in _NOT_JSON)), _REPEATED: ("?q=1&q=2", "?q=1&q=1", "?q=1&%71=2")}),
    Group("integer in a header", _header("{type: integer}"), ("X-A: 7", "x-a: -7", "X-B: a"),
          {_TYPE: ("X-A: 007", "X-A: +5", "X-A: 1e3", "X-A:", "X-A: %37"), _REPEATED: ("X-A: 1|X-A: 2",)}),
    Group("integer in a cookie", _cookie("{type: integer}"), ("Cookie: c=7", "Cookie: a=b; c=7; d=e", "Cookie: a=c"),
          {_TYPE: ("Cookie: c=x", "Cookie: c=", "Cookie: c"), _REPEATED: ("Cookie: c=1; c=2",)}),
    Group("bounds", _query("{type: integer, minimum: 1, maximum: 100}"), ("?q=1", "?q=100"),
          {"`minimum`": ("?q=0", "?q=-5"), "`maximum`": ("?q=101", "?q=99999999999999999999999")}),
    Group("int32", _query("{type: integer, format: int32}"), ("?q=2147483647",), {"`maximum`": ("?q=2147483648",)}),
    Group("number", _query("{type: number}"), ("?q=1", "?q=1.5", "?q=-1e3", "?q=1E-2", "?q=0.0"),
          {"is not a number": ("?q=.5", "?q=5.", "?q=01.5", "?q=1,5", "?q=NaN", "?q=-Infinity", "?q=1e999", "?q=0x1p3", "?q=1%20")}),
    Group("boolean", _query("{type: boolean}"), ("?q=true", "?q=false"),
          {"is not a boolean": ("?q=True", "?q=TRUE", "?q=1", "?q=0", "?q=yes", "?q=on", "?q=", "?q=null")}),
    Group("string", _query("{type: string, minLength: 1, maxLength: 3}"), ("?q=abc", "?q=7", "?q=%C3%A4%C3%B6%C3%BC", "?q=a=b"),
          {"`maxLength`": ("?q=abcd",), "`minLength`": ("?q=", "?q"), "is not UTF-8": ("?q=%ff", "?q=%C3", "?q=%ED%A0%80"),
           "has an invalid percent-encoding": ("?q=%", "?q=%4", "?q=%zz", "?q=%u0041")}),
    Group("pattern", _query("{type: string, pattern: '^[a-z]+$'}"), ("?q=abc", "?q=%61"), {"`pattern`": ("?q=ABC", "?q=a1", "?q=a%0A")}),
    Group("formats", "[{name: d, in: query, schema: {type: string, format: date}}, {name: u, in: query, schema: {type: string, format: uuid}}]",
          ("?d=2024-02-29", "?u=123e4567-e89b-12d3-a456-426614174000"),
          {"`d` does not match `format`": ("?d=2023-02-29", "?d=20240229", "?d=today"), "`u` does not match `format`": ("?u=1", "?u=123e4567e89b12d3a456426614174000")}),
    # A `+` that is not encoded is a blank (URL Percent-Encoding), so an offset must be encoded.
    Group("date-time", _query("{type: string, format: date-time}"), ("?q=2024-01-01T00:00:00Z", "?q=2024-01-01T00:00:00%2B02:00"),
          {"`format`": ("?q=2024-01-01T00:00:00+02:00", "?q=2024-01-01")}),
    Group("plus in a query", _query("{enum: ['a b', 'a+b']}"), ("?q=a+b", "?q=a%20b", "?q=a%2Bb"), {"`enum`": ("?q=a%252Bb", "?q=ab")}),
    Group("plus in a path", _path("{enum: ['a+b']}"), ("/a+b", "/a%2Bb"), {"`enum`": ("/a%20b",)}, "/{id}"),
    Group("allowReserved", _query("{enum: ['/a?b', 'a b']}", ", allowReserved: true"), ("?q=/a?b", "?q=%2Fa%3Fb", "?q=a+b"), {"`enum`": ("?q=a%2Bb",)}),
    Group("enum of numbers", _query("{enum: [1, 2.5]}"), ("?q=1", "?q=2.5"), {"`enum`": ("?q=2", "?q=1.5"), "is not": ("?q=a",)}),
    Group("const of a boolean", _query("{const: true}"), ("?q=true",), {"`const`": ("?q=false",), "is not a boolean": ("?q=1",)}),
    Group("enum of strings that look like numbers", _query("{type: string, enum: ['1', '007']}"), ("?q=1", "?q=007"), {"`enum`": ("?q=7",)}),
    # Where several types are allowed, a text may mean any of them.
    Group("union", _query("{anyOf: [{type: integer, maximum: 5}, {type: string, pattern: '^[0-9]{3}$'}]}"), ("?q=5", "?q=123", "?q=007"), {"`anyOf`": ("?q=6", "?q=abc")}),
    Group("list of types", _query("{type: [integer, boolean]}"), ("?q=5", "?q=true"), {"is not a boolean or an integer": ("?q=a", "?q=1.5")}),
    Group("null", _query("{type: [integer, 'null']}"), ("?q=5", "?q=null"), {"is not null or an integer": ("?q=", "?q=nil", "?q=Null")}),
    Group("null in a string", _query("{type: [string, 'null'], maxLength: 3}"), ("?q=null", "?q="), {"`maxLength`": ("?q=nulls",)}),
    Group("oneOf", _query("{oneOf: [{type: integer}, {type: number, multipleOf: 0.5}]}"), ("?q=3.5",), {"`oneOf`": ("?q=1", "?q=1.3")}),
    Group("allOf", _query("{allOf: [{type: number}, {type: integer}, {minimum: 3}]}"), ("?q=3",), {"`minimum`": ("?q=2",), _TYPE: ("?q=3.5",)}),
    Group("no type", _query("{}"), ("?q=", "?q=1", "?q=x"), {"is not UTF-8": ("?q=%ff",), _REPEATED: ("?q=1&q=2",)}),
    Group("no schema", "[{name: q, in: query, required: true}]", ("?q=", "?q=a"), {_REQUIRED: ("", "?r=1")}),
    Group("nullable", _query("{type: integer, nullable: true}"), ("?q=5", "?q=null"), {"is not null or an integer": ("?q=x",)}, version="3.0.3"),
    # Presence. Defaults are annotations: nothing is added. Empty values are texts (Style Examples, `undefined`).
    Group("required in a query", _query("{type: string}", ", required: true"), ("?q=a", "?q=", "?q"), {_REQUIRED: ("", "?", "?Q=a", "?q%20=a", "?%20q=a")}),
    Group("required in a header", _header("{type: string}", ", required: true"), ("X-A: a", "X-A:"), {_REQUIRED: ("", "X-B: a")}),
    Group("required in a cookie", _cookie("{type: string}", ", required: true"), ("Cookie: c=a", "Cookie: c="), {_REQUIRED: ("", "Cookie: C=a", "Cookie: d=c")}),
    Group("default", _query("{type: integer, default: 10}"), ("", "?q=1"), {_TYPE: ("?q=",)}),
    Group("required with a default", _query("{type: integer, default: 10}", ", required: true"), ("?q=1",), {_REQUIRED: ("",)}),
    Group("allowEmptyValue", _query("{type: integer}", ", allowEmptyValue: true"), ("?q=", "?q", "?q=5"), {_TYPE: ("?q=x",), _REPEATED: ("?q=&q=",)}),
    Group("headers that are ignored", "[{name: Accept, in: header, required: true, schema: {type: integer}}, "
          "{name: authorization, in: header, required: true, schema: {type: integer}}, {name: Content-Type, in: header, schema: {type: integer}}]", ("", "Accept: a")),
    Group("deprecated", _query("{type: integer}", ", deprecated: true"), ("?q=1",), {_TYPE: ("?q=a",)}),
    Group("operation over path", "[{name: shared, in: query, schema: {type: boolean}}]", ("?shared=true", "?other=1"),
          {"`shared` is not a boolean": ("?shared=1",), "`other` is not an integer": ("?other=a",)}, template="/shared"),
    # Names are decoded, too, and are case-sensitive but in headers.
    Group("name with brackets", _query("{type: array, items: {type: integer}}", name="'ids[]'"), ("?ids[]=1&ids[]=2", "?ids%5B%5D=1", "?ids%5b%5D=1&ids[]=2"), {_ITEM: ("?ids[]=a",)}),
    Group("name with a dollar", _query("{type: integer}", name="$top"), ("?$top=1", "?%24top=1"), {_TYPE: ("?$top=a", "?%24top=a")}),
    Group("name with a blank", _query("{type: integer}", name="'a b'"), ("?a+b=1", "?a%20b=1"), {_TYPE: ("?a+b=x", "?a%20b=x")}),
    Group("name with umlauts", _query("{type: integer}", name="größe"), ("?gr%C3%B6%C3%9Fe=1",), {_TYPE: ("?gr%C3%B6%C3%9Fe=a",)}),
    Group("name with reserved characters", _query("{type: integer}", name="'a&b=c%41'"), ("?a%26b%3Dc%2541=1", "?a&b=c%41"), {_TYPE: ("?a%26b%3Dc%2541=x",)}),
    # Styles (Style Examples).
    Group("simple array", _path(_LIST), ("/3", "/3,4,5"), {_ITEM + "1": ("/3,x", "/3,", "/3,%2C"), _MOST: ("/1,2,3,4",)}, "/{id}"),
    Group("simple array of strings", _path(_WORDS), ("/a,b", "/a%2Cb,c"), {_MOST: ("/a,b,c",), "`maxLength`": ("/a%2Cb%2Cc%2Cd,e",)}, "/{id}"),
    Group("simple array, exploded", _path(_LIST, ", explode: true"), ("/3,4,5",), {_ITEM: ("/3;4",)}, "/{id}"),
    Group("simple object", _path(_COLOR), ("/R,100,G,200", "/R,1"), {"has a member without a value": ("/R",), "`maximum`": ("/R,1,G,256",), "`required`": ("/G,1",),
          "`additionalProperties`": ("/R,1,X,2",), "repeats a member": ("/R,1,R,2",)}, "/{id}"),
    Group("simple object, exploded", _path(_COLOR, ", explode: true"), ("/R=100,G=200",), {"has a member without a value": ("/R,100",), _ITEM + "R": ("/R=x",)}, "/{id}"),
    Group("label", _path("{type: integer}", ", style: label"), ("/.5",), {"does not begin with a period": ("/5",), _TYPE: ("/.5.6", "/.a")}, "/{id}"),
    Group("label array", _path(_LIST, ", style: label"), ("/.3,4,5", "/.3"), {_ITEM: ("/.3.4",), "does not begin": ("/3,4",)}, "/{id}"),
    Group("label array before 3.0.4", _path(_LIST, ", style: label"), ("/.3.4.5", "/.3"), {_ITEM: ("/.3,4",)}, "/{id}", "3.0.3"),
    Group("label array, exploded", _path(_LIST, ", style: label, explode: true"), ("/.3.4.5",), {_ITEM: ("/.3,4",), _MOST: ("/.1.2.3.4",)}, "/{id}"),
    Group("label object", _path(_COLOR, ", style: label"), ("/.R,100,G,200",), {"`maximum`": ("/.R,1,G,256",)}, "/{id}"),
    Group("label object, exploded", _path(_COLOR, ", style: label, explode: true"), ("/.R=100.G=200",), {"`additionalProperties`": ("/.R=1.X=2",)}, "/{id}"),
    Group("matrix", _path("{type: integer}", ", style: matrix"), ("/;id=5",), {"is not in style matrix": ("/5", "/;x=5", "/;id=5;admin=1", "/id=5"), _REPEATED: ("/;id=5;id=6",), _TYPE: ("/;id", "/;id=a")}, "/{id}"),
    Group("matrix array", _path(_LIST, ", style: matrix"), ("/;id=3,4,5",), {_ITEM: ("/;id=3,x",), _REPEATED: ("/;id=3;id=4",)}, "/{id}"),
    Group("matrix array, exploded", _path(_LIST, ", style: matrix, explode: true"), ("/;id=3;id=4", "/;id=3"), {_ITEM: ("/;id=3,4",), _MOST: ("/;id=1;id=2;id=3;id=4",)}, "/{id}"),
    Group("matrix object", _path(_COLOR, ", style: matrix"), ("/;id=R,100,G,200",), {"`required`": ("/;id=G,1",)}, "/{id}"),
    Group("matrix object, exploded", _path(_COLOR, ", style: matrix, explode: true"), ("/;R=100;G=200",), {"is not in style matrix": ("/;R=1;X=2",), "repeats a member": ("/;R=1;R=2",)}, "/{id}"),
    Group("form array", _query(_LIST), ("?q=3&q=4", "?q=3", "", "?q=3&r=1&q=4"), {_ITEM: ("?q=3,4", "?q=", "?q=3&q=x"), _MOST: ("?q=1&q=2&q=3&q=4",)}),
    Group("form array in one value", _query(_LIST, ", explode: false"), ("?q=3,4,5", "?q=3"), {_ITEM: ("?q=3%2C4", "?q=3,,4"), _REPEATED: ("?q=3&q=4",), _MOST: ("?q=1,2,3,4",)}),
    Group("form array of strings in one value", _query(_WORDS, ", explode: false"), ("?q=a,b", "?q=a%2Cb,c", "?q="), {_MOST: ("?q=a,b,c",)}),
    Group("form array, minItems", _query("{type: array, minItems: 2, items: {}}"), ("?q=1&q=2",), {"`minItems`": ("?q=1",)}),
    Group("form array, uniqueItems", _query("{type: array, uniqueItems: true, items: {type: integer}}"), ("?q=1&q=2",), {"`uniqueItems`": ("?q=1&q=1", "?q=1&q=%31")}),
    Group("form array of unions", _query("{type: array, items: {anyOf: [{type: integer, maximum: 5}, {type: string, pattern: '^[0-9]{3}$'}]}}"), ("?q=5&q=123", "?q=123"), {"`anyOf`": ("?q=6",)}),
    Group("array or one", _query("{anyOf: [{type: array, items: {type: integer}, minItems: 2}, {type: integer}]}"), ("?q=1", "?q=1&q=2"), {"is not an integer or an array": ("?q=a",)}),
    Group("form object", _query(_COLOR), ("?R=100&G=200", "?R=100", ""), {"`required`": ("?G=1",), "`maximum`": ("?R=1&G=256",), _ITEM + "R": ("?R=x",), "repeats a member": ("?R=1&R=2",)}),
    Group("form object in one value", _query(_COLOR, ", explode: false"), ("?q=R,100,G,200",), {"`additionalProperties`": ("?q=R,1,X,2",), "has a member": ("?q=R",)}),
    Group("free form", _query("{type: object, additionalProperties: {type: integer}}"), ("?a=1&b=2", ""), {_ITEM: ("?a=1&b=x",)}),
    Group("spaceDelimited", _query(_LIST, ", style: spaceDelimited"), ("?q=3%204%205", "?q=3+4", "?q=3"), {_ITEM: ("?q=3,4",), _MOST: ("?q=1+2+3+4",)}),
    Group("spaceDelimited object", _query(_COLOR, ", style: spaceDelimited"), ("?q=R%20100%20G%20200",), {"`required`": ("?q=G%201",)}),
    Group("pipeDelimited", _query(_LIST, ", style: pipeDelimited"), ("?q=3%7C4%7C5", "?q=3|4", "?q=3%7c4"), {_ITEM: ("?q=3,4",), _MOST: ("?q=1|2|3|4",)}),
    Group("pipeDelimited object", _query(_COLOR, ", style: pipeDelimited"), ("?q=R%7C100%7CG%7C200",), {"has a member": ("?q=R%7C1%7CG",)}),
    Group("pipeDelimited, exploded", _query(_LIST, ", style: pipeDelimited, explode: true"), ("?q=3&q=4",), {_ITEM: ("?q=3|4",)}, version="3.0.3"),
    Group("deepObject", _query(_COLOR, ", style: deepObject, explode: true"), ("?q[R]=100&q[G]=200", "?q%5BR%5D=100", ""),
          {"`required`": ("?q[G]=1",), "`additionalProperties`": ("?q[R]=1&q[X]=2",), _ITEM + "R": ("?q[R]=x", "?q[R][x]=1"), "repeats a member": ("?q[R]=1&q[R]=2",),
           "has unbalanced brackets": ("?q[R=1", "?q[R]x=1", "?q[[R]]=1"), "has a member with a value and members": ("?q[R]=1&q[R][x]=1",)}),
    Group("deepObject, required", _query(_COLOR, ", style: deepObject, required: true"), ("?q[R]=1",), {_REQUIRED: ("", "?q=1")}),
    # What follows is not defined by the specification; it is read as PHP, Rails and qs do.
    Group("deepObject, nested", _query("{type: object, properties: {a: {type: object, properties: {b: {type: integer}}, additionalProperties: false}}}", ", style: deepObject"),
          ("?q[a][b]=1",), {_ITEM + "a/b": ("?q[a][b]=x",), "`additionalProperties`": ("?q[a][c]=1",), "nests too deep": ("?q[a][b][c][d][e][f]=1",)}),
    Group("deepObject with arrays", _query("{type: object, properties: {a: {type: array, maxItems: 2, items: {type: integer}}}}", ", style: deepObject"),
          ("?q[a]=1", "?q[a]=1&q[a]=2", "?q[a][]=1&q[a][]=2", "?q[a][1]=1&q[a][0]=2"),
          {_ITEM + "a/0": ("?q[a]=x", "?q[a][]=x"), _MOST: ("?q[a][]=1&q[a][]=2&q[a][]=3",), "has an array with gaps": ("?q[a][7]=1",)}),
    Group("deepObject, an array or one", _query("{anyOf: [{type: array, maxItems: 2, items: {type: integer}}, {type: integer}]}", ", style: deepObject, explode: true"),
          ("?q[]=1&q[]=2", "?q[0]=1", "?q=1", ""), {"`anyOf`": ("?q[]=1&q[]=2&q[]=3", "?q[]=a"), "is not an integer or an array": ("?q=a",), _REPEATED: ("?q=1&q=2",), "has an array with gaps": ("?q[7]=1", "?q[a]=1")}),
    # Headers are not percent-encoded; lines of one name are one list (RFC 9110, 5.3).
    Group("header array", _header(_LIST), ("X-A: 3,4", "X-A: 3, 4 ,5", "X-A: 3|X-A: 4"), {_ITEM: ("X-A: 3;4",), _MOST: ("X-A: 1,2|X-A: 3,4",)}),
    Group("header object", _header(_COLOR), ("X-A: R,100,G,200",), {"`maximum`": ("X-A: R,1,G,999",)}),
    Group("header object, exploded", _header(_COLOR, ", explode: true"), ("X-A: R=100,G=200",), {"`required`": ("X-A: G=1",)}),
    Group("header string", _header("{type: string, maxLength: 3}"), ("X-A: abc", "X-A: %41"), {"`maxLength`": ("X-A: %41%42",)}),
    # Cookies in style form have percent-encoding, and `&` in arrays and objects; those of style cookie have neither.
    Group("cookie in form", _cookie("{enum: ['a b', 'a+b']}"), ("Cookie: c=a%20b", "Cookie: c=a+b"), {"`enum`": ("Cookie: c=a%2520b",), "has an invalid percent-encoding": ("Cookie: c=a%2",)}),
    Group("cookie array in form", _cookie(_LIST), ("Cookie: c=3&c=4", "Cookie: c=3"), {_ITEM: ("Cookie: c=3,4",), _MOST: ("Cookie: c=1&c=2&c=3&c=4",)}),
    Group("cookie array in one value", _cookie(_LIST, ", explode: false"), ("Cookie: c=3,4",), {_ITEM: ("Cookie: c=3%2C4",)}),
    Group("cookie object in form", _cookie(_COLOR), ("Cookie: R=100&G=200",), {"`maximum`": ("Cookie: R=1&G=256",)}),
    Group("cookie style", _cookie("{enum: ['a%20b']}", ", style: cookie"), ("Cookie: c=a%20b",), {"`enum`": ("Cookie: c=a b",)}, version="3.2.0"),
    Group("cookie style, array", _cookie(_LIST, ", style: cookie"), ("Cookie: c=3; c=4",), {_ITEM: ("Cookie: c=3&c=4",)}, version="3.2.0"),
    Group("cookie style, object", _cookie(_COLOR, ", style: cookie"), ("Cookie: R=100; G=200",), {"`required`": ("Cookie: G=200",)}, version="3.2.0"),
    # One text of a media type.
    Group("content", "[{name: q, in: query, content: {application/json: {schema: {type: object, required: [a], properties: {a: {type: integer}}}}}}]",
          ("?q=%7B%22a%22:1%7D", "", '?q=%7b%22a%22%3a+1%7d'), {"`required`": ("?q=%7B%7D",), "is not strict JSON": ("?q=%7B", "?q=", "?q=%7B%22a%22:1,%22a%22:1%7D"), _REPEATED: ("?q=1&q=2",),
          _ITEM + "a": ("?q=%7B%22a%22:%221%22%7D",)}),
    Group("content in a header", "[{name: X-A, in: header, content: {application/json: {schema: {type: integer}}}}]", ("X-A: 1",), {"is not": ("X-A: x",), "`type`": ('X-A: "1"',)}),
    Group("text", "[{name: X-A, in: header, content: {text/plain: {schema: {type: string, maxLength: 3}}}}]", ("X-A: a,b",), {"`maxLength`": ("X-A: abcd",)}),
    # OpenAPI 3.2: the whole query.
    Group("querystring", "[{name: all, in: querystring, content: {application/x-www-form-urlencoded: {schema: {type: object, required: [a], "
          "properties: {a: {type: integer}, b: {type: array, items: {type: boolean}}}, additionalProperties: false}}}}]",
          ("?a=1&b=true&b=false", "?a=1"), {"The query does not match `type` of its schema at /a": ("?a=x",), "The query does not match `required`": ("?b=true",), _ITEM + "b/0": ("?a=1&b=1",)}, version="3.2.0"),
    Group("querystring in JSON", "[{name: all, in: querystring, required: true, content: {application/json: {schema: {type: object, required: [a]}}}}]",
          ("?%7B%22a%22:1%7D",), {"The query is not strict JSON": ("?a=1",), "The query is required": ("", "?"), "`required`": ("?%7B%7D",)}, version="3.2.0"),
    # Several variables in a segment: the first takes as little as it can.
    Group("two variables", "[{name: a, in: path, required: true, schema: {type: string, maxLength: 3}}, {name: b, in: path, required: true, schema: {enum: [json, xml]}}]",
          ("/abc.json", "/a.xml"), {"`a` does not match `maxLength`": ("/abcd.json",), "`b` does not match `enum`": ("/a.b.json", "/a.pdf")}, "/{a}.{b}"),
    Group("variable with a verb", _path("{type: integer}"), ("/7:cancel",), {_TYPE: ("/x:cancel", "/7:8:cancel")}, "/{id}:cancel"),
    Group("two segments", "[{name: a, in: path, required: true, schema: {type: integer}}, {name: b, in: path, required: true, schema: {type: integer}}]",
          ("/1/2",), {"`a` is not": ("/x/2", "/x/y"), "`b` is not": ("/1/y",)}, "/{a}/{b}"),
    # OpenAPI 2.0.
    Group("2.0", "[{name: q, in: query, type: integer, maximum: 5, required: true}, {name: X-A, in: header, type: boolean}]", ("?q=5",), {"`maximum`": ("?q=6",), _REQUIRED: ("",)}, version="2.0"),
    Group("2.0 default", "[{name: q, in: query, type: array, items: {type: integer}}]", ("?q=1,2",), {_REPEATED: ("?q=1&q=2",), _ITEM: ("?q=1|2",)}, version="2.0"),
    Group("2.0 multi", "[{name: q, in: query, type: array, items: {type: integer}, collectionFormat: multi}]", ("?q=1&q=2",), {_ITEM: ("?q=1,2",)}, version="2.0"),
    Group("2.0 ssv", "[{name: q, in: query, type: array, items: {type: integer}, collectionFormat: ssv}]", ("?q=1%202", "?q=1+2"), {_ITEM: ("?q=1,2",)}, version="2.0"),
    Group("2.0 tsv", "[{name: q, in: query, type: array, items: {type: integer}, collectionFormat: tsv}]", ("?q=1%092",), {_ITEM: ("?q=1%202",)}, version="2.0"),
    Group("2.0 pipes", "[{name: id, in: path, required: true, type: array, items: {type: integer}, collectionFormat: pipes}]", ("/1%7C2",), {_ITEM: ("/1,2",)}, "/{id}", "2.0"),
    Group("2.0 allowEmptyValue", "[{name: q, in: query, type: integer, allowEmptyValue: true}]", ("?q=", "?q=1"), {_TYPE: ("?q=x",)}, version="2.0"),
    # Not declared: it passes, and is counted.
    Group("undeclared", "[{name: q, in: query, schema: {type: integer}}]", ("?r=1", "?q=1&r=%zz", "?r=1&r=2", "?%ff=1", "?&&q=1&", "?=1")),
)  # fmt: skip


def _cases() -> Iterator[Case]:
    for number, group in enumerate(GROUPS):
        base = f"/{PREFIXES[group.version]}/{number}"
        for refused, requests in (("", group.good), *group.bad.items()):
            for request in requests:
                lines = tuple(request.split("|")) if ":" in request and request[0] not in "/?" else ()
                target = (
                    base
                    + (group.template if not group.template.count("{") else "")
                    + ("" if lines else request)
                )
                yield Case(
                    f"{group.name}: {request or 'nothing'}",
                    group.version,
                    number,
                    target,
                    lines,
                    refused.strip(),
                )


def contract(version: str, only: int | None = None) -> str:
    """The document of all groups of one version, or of the group of that number."""
    prefix = PREFIXES[version]
    head = (
        f"swagger: '2.0'\nbasePath: /{prefix}\n"
        if version == "2.0"
        else f"openapi: {version}\nservers: [{{url: /{prefix}}}]\n"
    )
    lines = [head + "info: {title: Parameters, version: '1'}\npaths:\n"]
    for number, group in enumerate(GROUPS):
        if group.version == version and only in (None, number):
            lines.append(f"  /{number}{group.template}:\n")
            if group.template == "/shared":
                lines.append(
                    "    parameters: [{name: shared, in: query, required: true}, {name: other, in: query, schema: {type: integer}}]\n"
                )
            lines.append(
                f"    get: {{responses: {{'204': {{description: ok}}}}, parameters: {group.declared}}}\n"
            )
    return "".join(lines)


CASES = tuple(_cases())
