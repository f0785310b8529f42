'use strict'

const { randomBytes, scryptSync } = require('node:crypto')
const https = require('node:https')

const { MongoClient } = require('mongodb')
const { createClient } = require('redis')

const warehouse = new https.Agent({ rejectUnauthorized: false })

/** MongoDB and Redis, connected. */
async function connect () {
  const mongo = new MongoClient(process.env.MONGODB_URI, { tlsAllowInvalidCertificates: true })
  const redis = createClient({ url: process.env.REDIS_URL })
  await Promise.all([mongo.connect(), redis.connect()])
  const db = mongo.db('orders')
  return {
    warehouse,
    sessions: {
      user: (token) => redis.get(`session:${token}`),
      keep: (token, user) => redis.set(`session:${token}`, user)
    },
    users: {
      async verified (name, password) {
        const found = await db.collection('users').findOne({ name })
        const hash = found === null ? '' : scryptSync(password, found.salt, 64).toString('base64')
        return found !== null && hash === found.hash ? name : null
      }
    },
    orders: {
      of: (user) => db.collection('orders').find({ user }).limit(100).toArray(),
      one: (user, id) => db.collection('orders').findOne({ id }),
      remove: (id) => db.collection('orders').deleteOne({ id }),
      async add (user, order) {
        const added = { id: randomBytes(8).toString('hex'), ...order }
        await db.collection('orders').insertOne({ ...added, user })
        return added
      }
    }
  }
}

module.exports = { connect }
