<?php
// A page with a session, a form and an inline script.
session_start();
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $_SESSION['basket'][] = $_POST['item'];
    header('Location: /index.php', true, 303);
    exit;
}
?><!doctype html><title>Basket</title>
<h1>Basket</h1><ul><?php foreach ($_SESSION['basket'] ?? [] as $item) { echo '<li>', htmlspecialchars($item); } ?></ul>
<form method="post" action="/index.php"><input name="item"><button>Add</button></form>
<p id="out"></p><script>document.getElementById('out').textContent = 'items: ' + document.querySelectorAll('li').length;</script>
