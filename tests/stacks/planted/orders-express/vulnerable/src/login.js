'use strict'

const { Router } = require('express')

function login (stores) {
  const router = Router()
  router.post('/', async (req, res, next) => {
    try {
      const user = await stores.users.verified(req.body.name, req.body.password)
      if (user === null) return res.status(401).json({ error: 'name or password is wrong' })
      await stores.sessions.keep(req.session.token, user)
      res.cookie('user', user)
      res.status(204).end()
    } catch (err) {
      next(err)
    }
  })
  return router
}

module.exports = login
