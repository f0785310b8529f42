cd /srv/orders
docker compose ps
docker compose logs --tail 50 edge
export ORDERS_TOKEN=kettle-harbour-4471-lantern
curl -s -H "Authorization: Bearer $ORDERS_TOKEN" https://localhost:8443/v1/orders
curl -s https://localhost:8443/v1/admin/export > /tmp/orders.json
exit
