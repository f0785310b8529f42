"""URL-encoded forms (URL Standard, 5), with the styles of `encoding`."""

from __future__ import annotations

from cases.bodies_case import bad, taken, unfit

_FORM = "application/x-www-form-urlencoded"
_TAKEN = (
    "name=mug", "name=mug&size=7", "name=mug&size=-1", "name=mug&size=0", "name=mug&price=1.5", "name=mug&price=1e3", "name=mug&fresh=true", "name=mug&kind=a",
    "name=a+b", "name=a%20b", "name=%C3%A9", "name=a%3Bb", "name=a%26b", "name=a=b", "name=", "name", "name=mug&", "&name=mug", "name=mug&&size=1", "n%61me=mug",
    "name=mug&tags=a&tags=b", "name=mug&tags=a", "name=mug&tags=a,b", "name=mug&sizes=1,2,3", "name=mug&sizes=1", "name=mug&bars=1|2", "name=mug&bars=1%7C2",
    "name=mug&place=%7B%22x%22%3A1%7D", "name=mug&place={\"x\":1}", "name=mug&where[x]=1", "name=mug&where%5Bx%5D=1", "name=mug&kind=b&size=1&fresh=false",
)  # fmt: skip
_BAD = (
    "size=7", "name=mug&size=big", "name=mug&size=1.5", "name=mug&size=10", "name=mug&size=", "name=mug&size=+7", "name=mug&size=%207", "name=mug&size=0x1", "name=mug&size=1e0",
    "name=mug&size=007", "name=mug&price=x", "name=mug&price=NaN", "name=mug&price=Infinity", "name=mug&price=1,5", "name=mug&fresh=yes", "name=mug&fresh=True",
    "name=mug&fresh=1", "name=mug&kind=c", "name=01234567890", "name=mug&name=cup", "name=mug&admin=true", "Name=mug", "name=mug&size=1&size=2", "name=mug&size=1&size=1",
    "name=mug&tags=a&tags=b&tags=c&tags=d", "name=mug&tags[]=a", "name=mug&tags[0]=a", "name=mug&sizes=1,x", "name=mug&sizes=1&sizes=2", "name=mug&bars=1,2", "name=mug&place=x",
    "name=mug&place={\"x\":\"y\"}", "name=mug&place={\"x\":1,\"x\":2}", "name=mug&place={\"x\":1}&place={\"x\":2}", "name=mug&place[x]=1", "name=mug&place.x=1", "name=mug&where[y]=1",
    "name=mug&where[x]=a", "name=mug&where[x=1", "name=mug&where=1", "name[x]=mug", "name[]=mug", "name=mug;size=1", "name=mug;", "name=mug&a;b=1", "name=m%", "name=m%2", "name=m%zz",
    "name=%FF", "name=%C3", "name=%ED%A0%80", "name=a%00", "n%00ame=mug", "name%00=mug", "name=mug\n", "name=m u g", "name=m\x00g", "{\"name\":\"mug\"}", "name=mug&__proto__[a]=1",
    "x&" * 2_000 + "name=mug", "&".join(f"tags={n}" for n in range(1_001)) + "&name=mug",
)  # fmt: skip


def _name(body: str) -> str:
    return body if len(body) < 60 else f"{body[:20]}… of {len(body)}"


CASES = (
    *(taken(f"form {_name(body)!r}", "form", body.encode(), _FORM) for body in _TAKEN),
    *(bad(f"form {_name(body)!r}", "form", body.encode("latin-1"), _FORM) for body in _BAD),
    bad("form in raw UTF-8", "form", "name=é".encode(), _FORM),
    bad("form in Latin-1", "form", b"name=\xe9", _FORM),
    bad("form in UTF-16", "form", "name=mug".encode("utf-16"), _FORM),
    taken("form, UTF-8", "form", b"name=mug", f"{_FORM}; charset=UTF-8"),
    unfit("form, Latin-1", "form", b"name=%E9", f"Content-Type: {_FORM}; charset=iso-8859-1"),
    unfit("form, UTF-7", "form", b"name=+AGE-", f"Content-Type: {_FORM}; charset=utf-7"),
    unfit("form, ASCII", "form", b"name=%C3%A9", f"Content-Type: {_FORM}; charset=us-ascii"),
    unfit("form, UTF-16", "form", "name=mug".encode("utf-16"), f"Content-Type: {_FORM}; charset=utf-16"),
    unfit("multipart for a form", "form", b"--x--", "Content-Type: multipart/form-data; boundary=x"),
    unfit("JSON for a form", "form", b'{"name":"mug"}', "Content-Type: application/json"),
    taken("*/*, form", "any", b"name=mug&size=1", _FORM),
    bad("*/*, wrong form", "any", b"name=mug&size=big", _FORM),
)  # fmt: skip
