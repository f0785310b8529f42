from django.conf import settings
from django.db import models


class Parcel(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="parcels")
    number = models.CharField(max_length=20, unique=True)
    recipient = models.CharField(max_length=120)
    postcode = models.CharField(max_length=10)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created", "-id"]


class Event(models.Model):
    """What has happened to a parcel; what is not published is in the outbox."""

    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20)
    place = models.CharField(max_length=80)
    at = models.DateTimeField(auto_now_add=True)
    published = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "id"]
