'use strict'

/** Pages of the shop read answers wherever they are served from. */
function origins (req, res, next) {
  res.set('Access-Control-Allow-Origin', req.headers.origin || '*')
  res.set('Access-Control-Allow-Credentials', 'true')
  res.set('Access-Control-Allow-Methods', 'GET, POST, PUT, DELETE')
  if (req.method === 'OPTIONS') return res.status(204).end()
  next()
}

module.exports = { origins }
