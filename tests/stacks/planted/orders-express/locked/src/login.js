'use strict'

const { Router } = require('express')

const { remember } = require('./sessions')

function login (stores) {
  const router = Router({ strict: true })
  router.post('/', async (req, res, next) => {
    try {
      const { name, password } = req.body || {}
      if (typeof name !== 'string' || typeof password !== 'string') {
        return res.status(400).json({ error: 'name and password are required' })
      }
      const user = await stores.users.verified(name, password)
      if (user === null) return res.status(401).json({ error: 'name or password is wrong' })
      remember(res, await stores.sessions.begin(user))
      res.status(204).end()
    } catch (err) {
      next(err)
    }
  })
  router.all('/', (req, res) => res.set('Allow', 'POST').status(405).json({ error: 'method not allowed' }))
  return router
}

module.exports = login
