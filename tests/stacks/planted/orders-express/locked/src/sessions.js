'use strict'

const COOKIE = '__Host-session'

function tokenOf (req) {
  const found = (req.get('Cookie') || '').split('; ').find((part) => part.startsWith(`${COOKIE}=`))
  return found === undefined ? undefined : found.slice(COOKIE.length + 1)
}

function remember (res, token) {
  res.cookie(COOKIE, token, { httpOnly: true, secure: true, sameSite: 'strict', path: '/', maxAge: 3_600_000 })
}

/** Requests without a session are refused. */
function authenticated (stores) {
  return async (req, res, next) => {
    try {
      const token = tokenOf(req)
      const user = token === undefined ? null : await stores.sessions.user(token)
      if (user === null) return res.set('WWW-Authenticate', 'Session').status(401).json({ error: 'log in first' })
      req.user = user
      next()
    } catch (err) {
      next(err)
    }
  }
}

module.exports = { authenticated, remember }
