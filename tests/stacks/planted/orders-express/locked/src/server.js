'use strict'

const http = require('node:http')

const { createApp } = require('./app')
const { connect } = require('./stores')

async function main () {
  const server = http.createServer(createApp(await connect()))
  server.headersTimeout = 10_000
  server.requestTimeout = 30_000
  server.keepAliveTimeout = 65_000
  server.listen(Number(process.env.PORT || 8080))
  process.on('SIGTERM', () => server.close(() => process.exit(0)))
}

main().catch((err) => {
  console.error(err)
  process.exit(1)
})
