'use strict'

const { createApp } = require('./app')
const { connect } = require('./stores')

connect().then((stores) => {
  createApp(stores).listen(Number(process.env.PORT || 8080))
})
