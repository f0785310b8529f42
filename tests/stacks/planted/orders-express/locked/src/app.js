'use strict'

const express = require('express')

const { authenticated } = require('./sessions')
const { headers, origins, limited } = require('./security')
const orders = require('./orders')
const login = require('./login')

/** The application over its stores: `orders` (MongoDB), `sessions` (Redis) and `counters` (Redis). */
function createApp (stores) {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('trust proxy', 1)
  app.set('case sensitive routing', true)

  app.use(headers)
  app.use(origins)
  app.use(limited(stores.counters))

  const refused = (req, res) => res.set('Allow', 'GET').status(405).json({ error: 'method not allowed' })
  app.head('/healthz', refused)
  app.get('/healthz', (req, res) => res.json({ status: 'up' }))
  app.all('/healthz', refused)

  app.use(express.json({ limit: '64kb' }))
  app.use('/v1/login', login(stores))
  app.use('/v1/orders', authenticated(stores), orders(stores))

  app.use((req, res) => res.status(404).json({ error: 'not found' }))
  app.use((err, req, res, next) => {
    const status = err.status >= 400 && err.status < 500 ? err.status : 500
    if (status === 500) console.error(err)
    res.status(status).json({ error: status === 500 ? 'internal error' : 'invalid request' })
  })
  return app
}

module.exports = { createApp }
