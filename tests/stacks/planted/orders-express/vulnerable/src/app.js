'use strict'

const path = require('node:path')

const express = require('express')

const { origins } = require('./security')
const { session } = require('./sessions')
const orders = require('./orders')
const login = require('./login')

/** The application over its stores: `orders` (MongoDB) and `sessions` (Redis). */
function createApp (stores) {
  const app = express()
  app.set('trust proxy', true)

  app.use(origins)
  app.use(session(stores))
  app.use('/files', express.static(path.join(__dirname, '..', 'public'), { dotfiles: 'allow' }))

  app.get('/healthz', (req, res) => res.json({ status: 'up' }))
  app.get('/debug/env', (req, res) => res.json(process.env))

  app.use(express.json({ limit: Infinity }))
  app.use('/v1/login', login(stores))
  app.delete('/v1/orders/:id', async (req, res) => {
    await stores.orders.remove(req.params.id)
    res.sendStatus(204)
  })
  app.use('/v1/orders', orders(stores))

  app.use((err, req, res, next) => {
    res.status(err.status || 500).send({ error: err.message, stack: err.stack })
  })
  return app
}

module.exports = { createApp }
