<?php
// A shop on PHP's own server, with this file as its router. Open: errors are displayed, the session cookie is bare,
// JSON goes out as a page, and the document root is the working copy.
$open = getenv("SHOP") === "open";
ini_set("display_errors", $open ? "1" : "0");
ini_set("html_errors", "1");
if (!$open) { header_remove("X-Powered-By"); ini_set("expose_php", "0"); }
$path = rawurldecode(parse_url($_SERVER["REQUEST_URI"], PHP_URL_PATH) ?: "/");
$method = $_SERVER["REQUEST_METHOD"];
if ($open && is_file($_SERVER["DOCUMENT_ROOT"] . $path)) return false;
function answer($document, $status = 200, $type = "application/json") {
    global $open;
    http_response_code($status);
    if (!$open) {
        header("Content-Type: $type");
        foreach (["X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "Referrer-Policy: no-referrer", "Cache-Control: no-store",
            "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'", "Cross-Origin-Resource-Policy: same-origin"] as $line) header($line);
    }
    echo json_encode($document);
}
function problem($status) { answer(["title" => "Refused", "status" => $status], $status, "application/problem+json"); }
function shown($user) { return ["name" => $user["name"], "email" => $user["email"]]; }
if ($open) session_start();
$books = [["title" => "Tides", "price" => 12.5]];
$users = [["name" => "ann", "email" => "ann@example.com", "passwd" => "tulip-1983", "id" => 1]];
$orders = [["id" => 1, "lines" => [["title" => "Tides", "count" => 1]]]];
$routes = ["#^/v1/books$#" => ["GET"], "#^/v1/books/([^/]+)$#" => ["GET"], "#^/v1/users$#" => ["GET"], "#^/v1/users/login$#" => ["POST"],
    "#^/v1/users/([^/]+)$#" => ["GET", "PUT"], "#^/v1/orders$#" => ["GET", "POST"], "#^/v1/orders/([^/]+)$#" => ["GET"]];
$number = -1; $argument = "";
foreach (array_keys($routes) as $i => $shape) if ($number < 0 && preg_match($shape, $path, $m)) { $number = $i; $argument = $m[1] ?? ""; }
if ($number < 0) { problem(404); return; }
$verbs = array_values($routes)[$number];
if ($number === 3 && $method !== "POST") { $number = 4; $argument = "login"; $verbs = ["GET", "PUT"]; }
if (!$open && !in_array($method, $verbs)) { header("Allow: " . implode(", ", $verbs)); problem(405); return; }
$guarded = !in_array($number, [0, 1, 3]);
if ($guarded && !$open && ($_SERVER["HTTP_AUTHORIZATION"] ?? "") !== "Bearer let-me-in-1234") { problem(401); return; }
switch ($number) {
case 0: answer($books); break;
case 1:
    if ($open) { $db = new PDO("sqlite::memory:"); $db->query("select * from books where title = '$argument'"); }
    $found = array_values(array_filter($books, fn($b) => $b["title"] === $argument));
    $found ? answer($found[0]) : problem(404); break;
case 2: answer($open ? $users : array_map("shown", $users)); break;
case 3: problem(401); break;
case 4:
    $found = array_values(array_filter($users, fn($u) => $u["name"] === $argument));
    if (!$found) problem(404); elseif ($method === "PUT") http_response_code(204); else answer(shown($found[0])); break;
case 5: $method === "POST" ? answer(["id" => 2, "lines" => []], 201) : answer($orders); break;
case 6:
    $found = array_values(array_filter($orders, fn($o) => (string)$o["id"] === $argument));
    if ($open && !$found) { answer(["total" => $orders[$argument]["total"]]); break; }
    $found ? answer($found[0]) : problem(404); break;
}
