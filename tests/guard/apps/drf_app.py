"""Django REST framework with the document of drf-spectacular: a model, pages, filters, browsable pages."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="a-key-of-a-test",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "drf_spectacular"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(tempfile.mkdtemp(), "books.db")}},
    STATIC_URL="/static/",
    USE_TZ=True,
    TIME_ZONE="UTC",
    REST_FRAMEWORK={
        "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
        "PAGE_SIZE": 2,
    },
    SPECTACULAR_SETTINGS={"TITLE": "Books", "SERVE_INCLUDE_SCHEMA": False},
)  # fmt: skip
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import include, path  # noqa: E402
from drf_spectacular.extensions import OpenApiAuthenticationExtension  # noqa: E402
from drf_spectacular.views import SpectacularJSONAPIView  # noqa: E402
from rest_framework import authentication, exceptions, permissions, routers, serializers, viewsets  # noqa: E402


class Book(models.Model):
    title = models.CharField(max_length=60, unique=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    added = models.DateTimeField(default="2026-01-01T10:00:00Z")
    price = models.DecimalField(max_digits=6, decimal_places=2, default=1)

    class Meta:
        app_label = "books"
        ordering = ("id",)


class Tokens(authentication.BaseAuthentication):
    def authenticate(self, request: Any) -> Any:
        given = request.headers.get("Authorization", "")
        if not given:
            return None
        if given != "Bearer good":
            raise exceptions.AuthenticationFailed("Invalid token.")
        from django.contrib.auth.models import User

        return User(username="ann"), given

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


class TokensExtension(OpenApiAuthenticationExtension):
    target_class = Tokens
    name = "tokens"

    def get_security_definition(self, auto_schema: Any) -> Any:
        return {"type": "http", "scheme": "bearer"}


class BookSerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ("id", "title", "year", "added", "price")
        read_only_fields = ("added",)


class Books(viewsets.ModelViewSet):
    queryset = Book.objects.all()
    serializer_class = BookSerializer
    authentication_classes = (Tokens,)
    permission_classes = (permissions.IsAuthenticatedOrReadOnly,)

    def perform_create(self, serializer: Any) -> None:
        """With a number that does not grow, so that a journey can be played again."""
        serializer.save(id=Book.objects.count() + 1)


router = routers.DefaultRouter()
router.include_root_view = False
router.register("books", Books)
urlpatterns = [path("api/", include(router.urls)), path("openapi.json", SpectacularJSONAPIView.as_view())]

with connection.schema_editor() as editor:
    editor.create_model(Book)
for number in range(1, 4):
    Book.objects.create(title=f"Book {number}", year=2000 + number)
app = get_wsgi_application()
