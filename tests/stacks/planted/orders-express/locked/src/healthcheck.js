'use strict'

const http = require('node:http')

http.get({ port: Number(process.env.PORT || 8080), path: '/healthz', timeout: 3000 }, (res) => {
  process.exit(res.statusCode === 200 ? 0 : 1)
}).on('error', () => process.exit(1))
