// What a program of npm's packages listens on is 127.0.0.1, whatever its own default is.
"use strict";
const net = require("node:net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (first, ...rest) {
  const called = [first, ...rest].filter((argument) => typeof argument === "function");
  if (first !== null && typeof first === "object" && "port" in first)
    return listen.call(this, { ...first, host: "127.0.0.1" }, ...called);
  if (typeof first === "number" || /^\d+$/.test(first))
    return listen.call(this, { port: Number(first), host: "127.0.0.1" }, ...called);
  return listen.call(this, first, ...rest);
};
