// A shop in Express. Open: development mode prints stack traces, any origin is echoed, a folder is listed, a header
// changes the verb, the profiler's index is public. Quiet: none of it.
const express = require("express");
const fs = require("fs");
const path = require("path");
const [port, mode] = [Number(process.argv[2]), process.argv[3]];
const open = mode === "open";
process.env.NODE_ENV = open ? "development" : "production";
const books = [{ title: "Tides", price: 12.5 }];
const users = [{ name: "ann", email: "ann@example.com", password_hash: "$2b$10$abcdefghijklmnopqrstuv", role: "admin" }];
const orders = [{ id: 1, lines: [{ title: "Tides", count: 1 }] }];
const shown = (user) => ({ name: user.name, email: user.email });
const app = express();
const strict = {
  "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store",
  "Cross-Origin-Resource-Policy": "same-origin",
};
if (!open) app.disable("x-powered-by");
app.use((request, response, next) => {
  if (!open) response.set(strict);
  if (open && request.headers.origin) {
    response.set("Access-Control-Allow-Origin", request.headers.origin);
    response.set("Access-Control-Allow-Methods", "GET,POST,PUT,PATCH,DELETE");
  }
  if (open && request.headers["x-http-method-override"]) request.method = request.headers["x-http-method-override"];
  if (open) response.cookie("connect.sid", "s%3Aabcdef");
  next();
});
app.use(express.json());
const problem = (response, status) => response.status(status).type("application/problem+json").send(JSON.stringify({ title: "Refused", status }));
const guarded = (request, response, next) => {
  if (open || request.headers.authorization === "Bearer let-me-in-1234") return next();
  problem(response, 401);
};
const route = (at, verbs) => {
  for (const [verb, handlers] of Object.entries(verbs)) app[verb](at, ...[].concat(handlers));
  const allow = Object.keys(verbs).join(", ").toUpperCase();
  if (!open) app.all(at, (request, response) => problem(response.set("Allow", allow), 405));
};
route("/v1/books", { get: (request, response) => response.json(books) });
route("/v1/books/:title", { get: (request, response) => {
  const found = books.find((b) => b.title === request.params.title);
  if (open && !found) throw new Error("SQLITE_ERROR: no such table: books");
  return found ? response.json(found) : problem(response, 404);
} });
route("/v1/users", { get: [guarded, (request, response) => response.json(open ? users : users.map(shown))] });
app.post("/v1/users/login", (request, response) => problem(response, request.body && request.body.name && request.body.password ? 401 : 400));
route("/v1/users/:name", {
  get: [guarded, (request, response) => { const u = users.find((u) => u.name === request.params.name); return u ? response.json(shown(u)) : problem(response, 404); }],
  put: [guarded, (request, response) => (users.some((u) => u.name === request.params.name) ? response.status(204).end() : problem(response, 404))],
});
route("/v1/orders", {
  get: [guarded, (request, response) => response.json(orders)],
  post: [guarded, (request, response) => (request.body && Array.isArray(request.body.lines) && Object.keys(request.body).length === 2 && request.body.delivery ? response.status(201).json({ id: 2, lines: request.body.lines }) : problem(response, 400))],
});
route("/v1/orders/:id", { get: [guarded, (request, response) => {
  const found = orders.find((o) => o.id === Number(request.params.id));
  return found ? response.json(found) : problem(response, 404);
}] });
if (open) {
  app.get("/files/", (request, response) => response.send("<html><head><title>listing directory /files/</title></head><body><h1>files</h1><ul><li><a href=\"a.sql\">a.sql</a></li></ul></body></html>"));
  app.get("/debug/env", (request, response) => response.json({ pid: process.pid, env: { ...process.env, DB_PASSWORD: "tulip-1983" } }));
  app.get("/api-docs/", (request, response) => response.send("<!doctype html><link rel=stylesheet href=./swagger-ui.css><script src=./swagger-ui-bundle.js></script>"));
  app.get("/old", (request, response) => response.redirect(`${request.protocol}://${request.headers.host}/v1/books`));
}
app.use((request, response, next) => (open ? next() : problem(response, 404)));
if (!open) app.use((error, request, response, next) => problem(response, error.status >= 400 && error.status < 500 ? error.status : 500));
app.listen(port, "127.0.0.1");
