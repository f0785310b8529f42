// Starts the application of a stack: HTTPS in the place of the ingress, Redis as the stack sets it up, and orders in memory.
'use strict'

const fs = require('node:fs')
const https = require('node:https')
const net = require('node:net')
const tls = require('node:tls')

const [folder, port, store, secure, secrets] = process.argv.slice(2)

const address = { host: '127.0.0.1', port: Number(store) }
const redis = secure === 'locked'
  ? tls.connect({ ...address, servername: 'localhost', ca: fs.readFileSync(`${secrets}/ca.crt`) })
  : net.connect(address)
const waiting = []

redis.setEncoding('latin1')
redis.on('data', (text) => {
  for (const line of text.split('\r\n')) {
    if (/^[+:-]|^\$-1/.test(line)) waiting.shift()(line)
  }
})

function ask (...words) {
  redis.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`)
  return new Promise((resolve) => waiting.push(resolve))
}

const orders = []
const stores = {
  counters: { increment: async (key) => Number((await ask('INCR', key)).slice(1)) },
  sessions: {
    user: async (token) => ((await ask('GET', `session:${token}`)).startsWith('$-1') ? null : 'someone'),
    begin: async (user) => { await ask('SET', `session:${user}`, user); return user },
    keep: (token, user) => ask('SET', `session:${token}`, user)
  },
  users: { verified: async () => null },
  orders: {
    of: async () => orders,
    one: async (user, id) => orders.find((order) => order.id === id) || null,
    add: async (user, order) => { orders.push({ id: '0'.repeat(16), ...order }); return orders.at(-1) },
    remove: async () => {}
  }
}

const ready = secure === 'locked' ? ask('AUTH', 'api', 'long-Enough-7') : ask('PING')
ready.then((said) => {
  if (!said.startsWith('+')) throw new Error(said)
  const { createApp } = require(`${folder}/src/app`)
  const key = { cert: fs.readFileSync(`${secrets}/edge.crt`), key: fs.readFileSync(`${secrets}/edge.key`) }
  https.createServer({ ...key, minVersion: 'TLSv1.3' }, createApp(stores)).listen(Number(port), '127.0.0.1')
})
