'use strict'

const { Router } = require('express')

function orders (stores) {
  const router = Router({ strict: true })
  router.get('/', async (req, res, next) => {
    try {
      res.json(await stores.orders.of(req.user))
    } catch (err) {
      next(err)
    }
  })
  router.post('/', async (req, res, next) => {
    try {
      const { article, quantity } = req.body || {}
      if (typeof article !== 'string' || !Number.isInteger(quantity) || quantity < 1 || quantity > 1000) {
        return res.status(400).json({ error: 'article and quantity are required' })
      }
      res.status(201).json(await stores.orders.add(req.user, { article, quantity }))
    } catch (err) {
      next(err)
    }
  })
  router.get('/:id', async (req, res, next) => {
    try {
      const order = await stores.orders.one(req.user, req.params.id)
      if (order === null) return res.status(404).json({ error: 'not found' })
      res.json(order)
    } catch (err) {
      next(err)
    }
  })
  return router
}

module.exports = orders
