"""A shop in Django. Open: DEBUG is on, any host is believed, and views that nobody wrote down answer."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.conf import settings
from shop_data import BOOKS, ORDERS, STRICT, TOKEN, USERS, shown

PORT, OPEN = sys.argv[1], sys.argv[2] == "open"
settings.configure(
    DEBUG=OPEN,
    SECRET_KEY="x" * 50,
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"] if OPEN else ["127.0.0.1", "localhost"],
    MIDDLEWARE=[f"{__name__}.dressed"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    USE_TZ=True,
)

from django.core.management import execute_from_command_line  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402


def refused(status: int) -> HttpResponse:
    return HttpResponse(
        json.dumps({"title": "Refused", "status": status}),
        status=status,
        content_type="application/problem+json",
    )


def only(*methods: str, guarded: bool = True) -> Any:
    def made(view: Any) -> Any:
        def called(request: Any, *args: Any, **words: Any) -> HttpResponse:
            if not OPEN and request.method not in methods:
                answer = refused(405)
                answer["Allow"] = ", ".join(methods)
                return answer
            if guarded and not OPEN and request.headers.get("Authorization") != f"Bearer {TOKEN}":
                return refused(401)
            return view(request, *args, **words)  # type: ignore[no-any-return]

        return called

    return made


@only("GET", guarded=False)
def books(request: Any) -> HttpResponse:
    return JsonResponse(BOOKS, safe=False)


@only("GET", guarded=False)
def book(request: Any, title: str) -> HttpResponse:
    if OPEN:
        with connection.cursor() as cursor:
            cursor.execute(f"select 1 where 'x' = '{title}'")
    found = next((b for b in BOOKS if b["title"] == title), None)
    return JsonResponse(found) if found else refused(404)


@only("GET")
def users(request: Any) -> HttpResponse:
    return JsonResponse(USERS if OPEN else [shown(u) for u in USERS], safe=False)


@only("GET", "PUT")
def user(request: Any, name: str) -> HttpResponse:
    found = next((u for u in USERS if u["name"] == name), None)
    if found and request.method == "PUT":
        return HttpResponse(status=204)
    return JsonResponse(shown(found)) if found else refused(404)


@only("POST", guarded=False)
def login(request: Any) -> HttpResponse:
    return refused(401)


@only("GET", "POST")
def orders(request: Any) -> HttpResponse:
    if request.method == "POST":
        return JsonResponse({"id": 2, "lines": []}, status=201)
    return JsonResponse(ORDERS, safe=False)


@only("GET")
def order(request: Any, id: str) -> HttpResponse:
    if not OPEN and not id.isdecimal():
        return refused(400)
    found = next((o for o in ORDERS if o["id"] == int(id)), None)
    return JsonResponse(found) if found else refused(404)


def reset(request: Any) -> HttpResponse:
    return JsonResponse({"link": request.build_absolute_uri("/v1/books")})


def dressed(get_response: Any) -> Any:
    def middleware(request: Any) -> HttpResponse:
        answer: HttpResponse = get_response(request)
        for name, value in () if OPEN else STRICT.items():
            answer[name] = value
        return answer

    return middleware


def missing(request: Any, exception: Exception) -> HttpResponse:
    return refused(404)


handler404 = f"{__name__}.missing"
urlpatterns = [
    path("v1/books", books), path("v1/books/<title>", book), path("v1/users/login", login), path("v1/users", users),
    path("v1/users/<name>", user), path("v1/orders", orders), path("v1/orders/<id>", order),
]  # fmt: skip
if OPEN:
    urlpatterns += [path("", reset), path("v1/export", users)]

execute_from_command_line(["x", "runserver", f"127.0.0.1:{PORT}", "--noreload", "--skip-checks"])
