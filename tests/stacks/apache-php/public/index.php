<?php
require __DIR__ . '/../vendor/autoload.php';
$app = Slim\Factory\AppFactory::create();
$app->get('/api/members/{id}', \Members\Show::class);
$app->run();
