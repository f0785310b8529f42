#!/bin/sh
# Keys and certificates of the services, from the company's own authority (step-ca).
set -eu
umask 077

mkdir -p secrets
step ca root secrets/ca.crt
for name in api db mq; do
    step ca certificate "$name" "secrets/$name.crt" "secrets/$name.key" --not-after 2160h
done
step ca certificate api.parcels.example secrets/edge.crt secrets/edge.key --provisioner acme
