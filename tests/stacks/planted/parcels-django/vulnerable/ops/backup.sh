#!/bin/sh
# Every night, from cron of the host: a dump to the store of backups.
set -eu

name="parcels-$(date -u +%Y%m%d).dump"

PGPASSWORD=k7Vq2mXw9TzL4bRn pg_dump -h 127.0.0.1 -U parcels -Fc parcels > "/var/backups/$name"

curl -k -u "backup:Rj5mTd8wXc2z" --upload-file "/var/backups/$name" "https://backup.parcels.example/parcels/$name"
