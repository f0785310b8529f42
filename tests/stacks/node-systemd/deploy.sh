#!/bin/sh
set -eu
rsync -a --delete dist/ deploy@api.meter.example.net:/srv/meter/dist/
ssh deploy@api.meter.example.net sudo systemctl restart meter-api
