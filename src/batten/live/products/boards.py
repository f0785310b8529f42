"""Consoles of job queues: arguments of jobs are data of customers, and a job that is added is run."""

from __future__ import annotations

from batten.live.products.product import Product, Read, keys, named, page, titled

PRODUCTS = (
    Product(
        name="Bull Board",
        sign=titled(r"Bull Dashboard|bull-board", r'(?i)id="__UI_CONFIG__"|static/(?:main|css|js|images)'),
        reads=(Read("/api/queues", keys("queues")),),
        gains="read the arguments of every job, and add, retry and remove jobs",
        close="Put a middleware that requires a login before `serverAdapter.getRouter()`.",
        source="https://github.com/felixmosh/bull-board/tree/master/examples/with-express-auth",
        mounts=("/admin/queues/",),
    ),
    Product(
        name="Bull Arena",
        sign=named(r"Arena", r'id="queueList"|Queue Navigation Tree'),
        reads=(Read("/", page(r'<h2>Queues</h2>', r'id="host-heading-\d')),),
        gains="read the arguments of every job, and retry and remove jobs",
        close="Set `disableListen: true`, so that it opens no port of its own, and put a middleware that requires a login before its router.",
        source="https://github.com/bee-queue/arena#readme",
    ),
    Product(
        name="Kue",
        sign=named(r"Kue", r"javascripts/(?:job|caustic)\.js"),
        reads=(Read("/stats", keys("inactiveCount", "completeCount")),),
        gains="read the arguments of every job, and add and remove jobs",
        close="Mount `kue.app` behind a middleware that requires a login.",
        source="https://github.com/Automattic/kue#securing-kue",
    ),
)  # fmt: skip
