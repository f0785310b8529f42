'use strict'

const { randomBytes } = require('node:crypto')

const COOKIE = 'sid'

/** Every request has a session. */
function session (stores) {
  return async (req, res, next) => {
    try {
      const found = (req.get('Cookie') || '').split('; ').find((part) => part.startsWith(`${COOKIE}=`))
      const token = found === undefined ? randomBytes(16).toString('hex') : found.slice(COOKIE.length + 1)
      if (found === undefined) res.cookie(COOKIE, token, { httpOnly: false, secure: false })
      req.session = { token, user: await stores.sessions.user(token) }
      next()
    } catch (err) {
      next(err)
    }
  }
}

module.exports = { session }
