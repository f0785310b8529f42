"""Is the API alive? For the health check of the container."""

import os
import ssl
import sys
from http.client import HTTPSConnection

HOST = os.environ.get("DJANGO_ALLOWED_HOSTS", "localhost").split(",")[0]


def main():
    context = ssl.create_default_context(cafile="/run/secrets/api.crt")
    context.check_hostname = False
    connection = HTTPSConnection("127.0.0.1", 8000, timeout=3, context=context)
    connection.request("GET", "/healthz", headers={"Host": HOST, "X-Forwarded-Proto": "https"})
    return 0 if connection.getresponse().status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
