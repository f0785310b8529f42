from django.urls import include, path

from tracking import views

urlpatterns = [
    path("healthz", views.Health.as_view()),
    path("api/v1/", include("tracking.urls")),
]

handler400 = "tracking.errors.bad_request"
handler403 = "tracking.errors.forbidden"
handler404 = "tracking.errors.not_found"
handler500 = "tracking.errors.server_error"
