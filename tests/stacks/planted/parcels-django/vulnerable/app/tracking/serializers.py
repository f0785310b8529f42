from rest_framework import serializers

from .models import Event, Parcel


class ParcelSerializer(serializers.ModelSerializer):
    class Meta:
        model = Parcel
        fields = ["id", "number", "recipient", "postcode", "created"]
        read_only_fields = ["id", "created"]


class EventSerializer(serializers.ModelSerializer):
    class Meta:
        model = Event
        fields = ["kind", "place", "at"]
        read_only_fields = fields
