#!/bin/sh
# Runs from root's crontab: 15 3 * * * /srv/blog/backup.sh
set -eu
cd /srv/blog
day=$(date +%a)
docker compose exec -T db sh -c 'mariadb-dump -u wordpress -p"$(cat /run/secrets/db_password)" wordpress' | gzip > "backup/db-$day.sql.gz"
docker run --rm -v blog_wordpress:/data:ro -v /srv/blog/backup:/backup debian:12 tar czf "/backup/files-$day.tar.gz" -C /data .
