"""Publishes the events of the outbox to RabbitMQ, in their order."""

import json
import os
import ssl
from pathlib import Path

import pika
from django.core.management.base import BaseCommand

from tracking.models import Event

CA = "/run/secrets/mq-ca.crt"
ALIVE = Path("/tmp/relay.alive")


class Command(BaseCommand):
    help = "Publishes the events of the outbox."

    def handle(self, *args, **options):
        parameters = pika.URLParameters(Path(os.environ["BROKER_URL_FILE"]).read_text().strip())
        parameters.ssl_options = pika.SSLOptions(ssl.create_default_context(cafile=CA), "mq")
        with pika.BlockingConnection(parameters) as connection:
            channel = connection.channel()
            channel.exchange_declare("parcels", exchange_type="topic", durable=True)
            while True:
                self.publish(channel)
                ALIVE.touch()
                connection.sleep(1)

    def publish(self, channel):
        for event in Event.objects.filter(published=False)[:100]:
            body = {"parcel": event.parcel_id, "kind": event.kind, "place": event.place}
            channel.basic_publish("parcels", event.kind, json.dumps(body))
            Event.objects.filter(pk=event.pk).update(published=True)
