'use strict'

const ORIGINS = new Set(['https://shop.orders.example', 'https://admin.orders.example'])
const WINDOW = 60
const REQUESTS = Number(process.env.REQUESTS_PER_MINUTE || 300)

function headers (req, res, next) {
  res.set('X-Content-Type-Options', 'nosniff')
  res.set('X-Frame-Options', 'DENY')
  res.set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
  res.set('Referrer-Policy', 'no-referrer')
  res.set('Permissions-Policy', 'camera=(), geolocation=(), microphone=()')
  res.set('Cross-Origin-Resource-Policy', 'same-site')
  res.set('Strict-Transport-Security', 'max-age=63072000; includeSubDomains')
  res.set('Cache-Control', 'no-store')
  next()
}

function origins (req, res, next) {
  const origin = req.get('Origin')
  res.vary('Origin')
  if (origin !== undefined && ORIGINS.has(origin)) {
    res.set('Access-Control-Allow-Origin', origin)
    res.set('Access-Control-Allow-Credentials', 'true')
    res.set('Access-Control-Allow-Methods', 'GET, POST')
    res.set('Access-Control-Allow-Headers', 'Content-Type')
    if (req.method === 'OPTIONS' && req.get('Access-Control-Request-Method') !== undefined) {
      return res.status(204).end()
    }
  }
  next()
}

/** At most REQUESTS a minute for each client. */
function limited (counters) {
  return async (req, res, next) => {
    try {
      const key = `rate:${req.ip}:${Math.floor(Date.now() / 1000 / WINDOW)}`
      const count = await counters.increment(key, WINDOW)
      if (count > REQUESTS) return res.set('Retry-After', String(WINDOW)).status(429).json({ error: 'too many requests' })
      next()
    } catch (err) {
      next(err)
    }
  }
}

module.exports = { headers, origins, limited }
