#!/bin/sh
# Every night, from cron of the host: a dump, encrypted for the two operators, to the store of backups.
set -eu

name="parcels-$(date -u +%Y%m%dT%H%M%SZ).dump.age"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

docker compose exec -T db sh -c 'PGPASSWORD="$(cat /run/secrets/db_password)" pg_dump -U parcels -Fc parcels' \
    | age --recipients-file /etc/parcels/backup.recipients > "$work/$name"

curl --fail --silent --show-error --proto '=https' --tlsv1.2 \
    --config /etc/parcels/backup.curlrc \
    --upload-file "$work/$name" "https://backup.parcels.example/parcels/$name"
