from django.contrib import admin
from django.urls import include, path

from tracking import views

urlpatterns = [
    path("healthz", views.Health.as_view()),
    path("admin/", admin.site.urls),
    path("api/v1/", include("tracking.urls")),
]
