"""Publishes the events of the outbox to RabbitMQ, in their order."""

import json
import os

import pika
from django.core.management.base import BaseCommand

from tracking.models import Event


class Command(BaseCommand):
    help = "Publishes the events of the outbox."

    def handle(self, *args, **options):
        parameters = pika.URLParameters(os.environ["BROKER_URL"])
        with pika.BlockingConnection(parameters) as connection:
            channel = connection.channel()
            channel.exchange_declare("parcels", exchange_type="topic", durable=True)
            while True:
                self.publish(channel)
                connection.sleep(1)

    def publish(self, channel):
        for event in Event.objects.filter(published=False)[:100]:
            body = {"parcel": event.parcel_id, "kind": event.kind, "place": event.place}
            channel.basic_publish("parcels", event.kind, json.dumps(body))
            Event.objects.filter(pk=event.pk).update(published=True)
