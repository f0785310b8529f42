// Express with a document of its own; run as `express_app.js PORT`.
const express = require('express');
const app = express();
app.use(express.json());
const tracks = new Map([[1, {id: 1, title: 'Blue'}]]);
const track = {type: 'object', required: ['id', 'title'], additionalProperties: false, properties: {id: {type: 'integer'}, title: {type: 'string', maxLength: 80}}};
const json = (schema) => ({description: '-', content: {'application/json': {schema}}});
const error = json({type: 'object', required: ['error'], properties: {error: {type: 'string'}}});
const number = {name: 'id', in: 'path', required: true, schema: {type: 'integer'}};
const body = {required: true, content: {'application/json': {schema: {type: 'object', required: ['title'], properties: {title: {type: 'string'}}}}}};

app.get('/openapi.json', (request, response) => response.json({
  openapi: '3.0.3', info: {title: 'Tracks', version: '1'}, paths: {
    '/tracks': {
      get: {parameters: [{name: 'q', in: 'query', schema: {type: 'string'}}], responses: {200: json({type: 'array', items: track})}},
      post: {requestBody: body, responses: {201: json(track)}},
    },
    '/tracks/{id}': {
      get: {parameters: [number], responses: {200: json(track), 404: error}},
      delete: {parameters: [number], responses: {204: {description: '-'}}},
    },
  },
}));
app.get('/tracks', (request, response) => response.json([...tracks.values()].filter((t) => t.title.includes(request.query.q || ''))));
app.post('/tracks', (request, response) => {
  const id = Math.max(...tracks.keys()) + 1;
  tracks.set(id, {id, title: request.body.title});
  response.status(201).json(tracks.get(id));
});
app.get('/tracks/:id', (request, response) => {
  const found = tracks.get(Number(request.params.id));
  if (!found) return response.status(404).json({error: 'no such track'});
  response.json(found);
});
app.delete('/tracks/:id', (request, response) => {
  tracks.delete(Number(request.params.id));
  response.status(204).end();
});
app.listen(Number(process.argv[2]), '127.0.0.1');
