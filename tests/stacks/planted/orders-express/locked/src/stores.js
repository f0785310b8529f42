'use strict'

const { randomBytes, scryptSync, timingSafeEqual } = require('node:crypto')
const { readFileSync } = require('node:fs')

const { MongoClient } = require('mongodb')
const { createClient } = require('redis')

const CA = process.env.CA_FILE || '/etc/orders/tls/ca.crt'

/** MongoDB and Redis, connected. Addresses and credentials come from the environment. */
async function connect () {
  const mongo = new MongoClient(process.env.MONGODB_URI, { tls: true, tlsCAFile: CA })
  const redis = createClient({
    url: process.env.REDIS_URL,
    username: process.env.REDIS_USER,
    password: process.env.REDIS_PASSWORD,
    socket: { tls: true, ca: readFileSync(CA) }
  })
  await Promise.all([mongo.connect(), redis.connect()])
  const db = mongo.db('orders')
  return {
    counters: {
      async increment (key, seconds) {
        const count = await redis.incr(key)
        if (count === 1) await redis.expire(key, seconds)
        return count
      }
    },
    sessions: {
      user: (token) => redis.get(`session:${token}`),
      async begin (user) {
        const token = randomBytes(32).toString('base64url')
        await redis.set(`session:${token}`, user, { EX: 3600 })
        return token
      }
    },
    users: {
      async verified (name, password) {
        const found = await db.collection('users').findOne({ name: { $eq: name } })
        const salt = found === null ? 'none' : found.salt
        const hash = scryptSync(password, salt, 64)
        const held = found === null ? Buffer.alloc(64) : Buffer.from(found.hash, 'base64')
        return timingSafeEqual(hash, held) && found !== null ? name : null
      }
    },
    orders: {
      of: (user) => db.collection('orders').find({ user: { $eq: user } }, { projection: { _id: 0 } }).limit(100).toArray(),
      one: (user, id) => db.collection('orders').findOne({ user: { $eq: user }, id: { $eq: id } }, { projection: { _id: 0 } }),
      async add (user, order) {
        const added = { id: randomBytes(8).toString('hex'), ...order }
        await db.collection('orders').insertOne({ ...added, user })
        return added
      }
    }
  }
}

module.exports = { connect }
