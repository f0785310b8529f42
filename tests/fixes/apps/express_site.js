// An Express site with an inline script, cookies and a form; run as `express_site.js PORT`.
const express = require('express');
const app = express();
app.use(express.urlencoded({extended: false}));

app.get('/', (request, response) => {
  const name = /name=([a-z]+)/.exec(request.headers.cookie || '');
  response.cookie('theme', 'dark');
  response.send(`<!doctype html><title>Express</title><style>p { color: rgb(9, 8, 7) }</style>
<p id=out onclick="this.textContent += ' clicked'">${name ? 'Hello ' + name[1] : 'Who are you?'}</p><p id=theme></p>
<form method=post action=/name><input name=name><button>Send</button></form>
<script>document.getElementById('theme').textContent = document.cookie;</script>`);
});

app.post('/name', (request, response) => {
  response.cookie('name', request.body.name, {httpOnly: true});
  response.redirect('/');
});

app.listen(Number(process.argv[2]), '127.0.0.1');
