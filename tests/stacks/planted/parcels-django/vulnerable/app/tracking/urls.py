from django.urls import path

from . import views

urlpatterns = [
    path("diagnostics", views.Diagnostics.as_view()),
    path("parcels", views.ParcelList.as_view()),
    path("parcels/<int:pk>", views.ParcelDetail.as_view()),
    path("parcels/<int:pk>/events", views.EventList.as_view()),
]
