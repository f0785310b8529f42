'use strict'

const { Router } = require('express')

function orders (stores) {
  const router = Router()
  router.get('/', async (req, res, next) => {
    try {
      res.json(await stores.orders.of(req.session.user))
    } catch (err) {
      next(err)
    }
  })
  router.post('/', async (req, res, next) => {
    try {
      res.status(201).json(await stores.orders.add(req.session.user, req.body))
    } catch (err) {
      next(err)
    }
  })
  router.get('/:id', async (req, res, next) => {
    try {
      res.json(await stores.orders.one(req.session.user, req.params.id))
    } catch (err) {
      next(err)
    }
  })
  return router
}

module.exports = orders
