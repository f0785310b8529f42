"""A Django site with a form, a log-in and the admin; run as `django_site.py PORT FOLDER`."""

import sys
from pathlib import Path

import django
import uvicorn
from django.conf import settings

PORT, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
settings.configure(
    SECRET_KEY="for this test only, and longer than fifty characters as Django wants it",
    ALLOWED_HOSTS=["django.test"],
    ROOT_URLCONF="__main__",
    STATIC_URL="static/",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "site.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    X_FRAME_OPTIONS="SAMEORIGIN",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)
django.setup()

from django.contrib import admin  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.contrib.staticfiles.views import serve  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.shortcuts import redirect  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path, re_path  # noqa: E402

PAGE = engines["django"].from_string("""<!doctype html><title>Guest book</title>
<link rel=stylesheet href="/static/admin/css/base.css">
<h1>Guest book</h1><ul>{% for line in lines %}<li>{{ line }}{% endfor %}</ul>
<form method=post>{% csrf_token %}<input name=line><button>Write</button></form>""")


def guest_book(request: HttpRequest) -> HttpResponse:
    lines = request.session.get("lines", [])
    if request.method == "POST":
        request.session["lines"] = [*lines, request.POST["line"]]
        return redirect("/")
    return HttpResponse(PAGE.render({"lines": lines}, request))


urlpatterns = [
    path("", guest_book),
    path("admin/", admin.site.urls),
    re_path(r"^static/(?P<path>.*)$", serve, {"insecure": True}),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    User.objects.create_superuser("ann", password="ann's own password")
    Group.objects.create(name="Writers")
    uvicorn.run(get_asgi_application(), host="127.0.0.1", port=PORT, log_level="error", lifespan="off")
