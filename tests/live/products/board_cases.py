"""Consoles of job queues, in a server as their vendors' documentation has it."""

from __future__ import annotations

from node_programs import scripted
from product_cases import Case

_BOARD = """
const express = require("express"), { Queue } = require("bullmq"), { createBullBoard } = require("@bull-board/api");
const { BullMQAdapter } = require("@bull-board/api/bullMQAdapter"), { ExpressAdapter } = require("@bull-board/express");
const serverAdapter = new ExpressAdapter(), app = express();
const mail = new Queue("mail", { connection: { host: "127.0.0.1", port: Number(process.env.REDIS) } });
createBullBoard({ queues: [new BullMQAdapter(mail)], serverAdapter });
app.use("/", serverAdapter.getRouter());
app.listen(Number(process.env.PORT));
"""
_ARENA = """
const express = require("express"), Arena = require("bull-arena"), Bull = require("bull"), app = express();
const redis = { host: "127.0.0.1", port: Number(process.env.REDIS) };
const queues = [{ type: "bull", name: "mail", hostId: "worker", redis }];
app.use("/", Arena({ Bull, queues }, { disableListen: true }));
app.listen(Number(process.env.PORT));
"""
_KUE = """
const kue = require("kue"), redis = { host: "127.0.0.1", port: Number(process.env.REDIS) };
kue.createQueue({ redis }).create("mail", { to: "a@example.com" }).save(() => kue.app.listen(Number(process.env.PORT)));
"""

CASES = (
    Case(product="Bull Board", opened=scripted("bull-board", _BOARD, redis=True), ci=True),
    Case(product="Bull Arena", opened=scripted("bull-arena", _ARENA, redis=True)),
    Case(product="Kue", opened=scripted("kue", _KUE, redis=True)),
)
