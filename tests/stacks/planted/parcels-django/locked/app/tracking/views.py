from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Event, Parcel
from .serializers import EventSerializer, ParcelSerializer


class Health(APIView):
    http_method_names = ["get"]
    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request):
        return Response({"status": "up"})


class ParcelList(generics.ListCreateAPIView):
    serializer_class = ParcelSerializer

    def get_queryset(self):
        return Parcel.objects.filter(owner=self.request.user)

    def perform_create(self, serializer):
        parcel = serializer.save(owner=self.request.user)
        Event.objects.create(parcel=parcel, kind="announced", place="")


class ParcelDetail(generics.RetrieveAPIView):
    serializer_class = ParcelSerializer

    def get_queryset(self):
        return Parcel.objects.filter(owner=self.request.user)


class EventList(generics.ListAPIView):
    serializer_class = EventSerializer
    pagination_class = None

    def get_queryset(self):
        return Event.objects.filter(parcel__owner=self.request.user, parcel=self.kwargs["pk"])
