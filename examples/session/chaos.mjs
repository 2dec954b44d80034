// Has clients of a room talk while their connections are cut, and looks whether everybody got everything once and in one
// order: node chaos.mjs ws://127.0.0.1:8080 --clients 10 --messages 1000 --fault-every 300
//
// `--messages` is of each client, `--fault-every` the most milliseconds that a connection lives, `--rate` how many messages a
// second all together say at most. The last line is JSON; the seed in it repeats when which connection is cut. Node before 22
// needs the package `ws` in the current folder.
//
// In place of an address there may be a command, which is run as so many servers (`--nodes`), each with `--listen` and an
// address from `--port` on. Each connection goes to the next of them, and every `--kill-every` milliseconds one is killed (-9)
// and started again:
//
//   node chaos.mjs "heartwire --room-rate 0 --nats nats://127.0.0.1:4222" --nodes 3 --kill-every 2000

import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { Session } from './session.mjs'

const [server, ...words] = process.argv.slice(2)
const option = (name, otherwise) => {
  const at = words.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(words[at + 1])
}
const clients = option('clients', 10)
const messages = option('messages', 100)
const faultEvery = option('fault-every', 300)
const seed = option('seed', Math.floor(Math.random() * 2 ** 32))
const limit = option('limit', 60)
const rate = option('rate', Infinity)
const killEvery = option('kill-every', 2000)
const port = option('port', 18480)
const command = /^wss?:/.test(server) ? null : server.split(' ')
const WebSocket = globalThis.WebSocket ?? createRequire(`${process.cwd()}/`)('ws')

let state = seed
const random = () => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const nodes = Array.from({ length: command ? option('nodes', 1) : 0 }, (_, node) => ({ address: `127.0.0.1:${port + node}` }))
let kills = 0
const start = (node) => {
  node.process = spawn(command[0], [...command.slice(1), '--listen', node.address], { stdio: 'ignore' })
}
const killOne = () => {
  const node = nodes[Math.floor(random() * nodes.length)]
  // One that is still to be started again is left alone.
  if (!node.process.kill('SIGKILL')) return
  kills += 1
  node.process.once('exit', () => start(node))
}
nodes.forEach(start)
process.once('exit', () => nodes.forEach((node) => node.process.kill('SIGKILL')))

let connected = 0
const next = () => nodes.length ? `ws://${nodes[connected++ % nodes.length].address}` : server
const faults = ['reset-after', 'fin-after', 'vanish-after']
const address = (connection) => {
  const life = 20 + Math.floor(random() * faultEvery)
  // Silence is noticed by patience alone, so there is less of it.
  const fault = faults[random() < 0.05 ? 2 : Math.floor(random() * 2)]
  return `${next()}/ws/room/chaos-${seed}?${fault}=${life}ms&delay=0..5ms&seed=${connection}`
}

const began = Date.now()
const all = Array.from({ length: clients }, (_, client) => {
  const heard = { got: [], lost: 0, fates: {} }
  heard.session = new Session(address, {
    WebSocket, history: 1000, firstDelay: 20, maxDelay: 200, patience: 1000, quiet: 500, name: `client ${client}`,
    onmessage: ({ id, data }) => heard.got.push(`${id} ${JSON.stringify(data)}`),
    onlost: (losses) => { for (const { from, to } of losses) heard.lost += to === undefined ? 1 : to - from + 1 },
    onsettled: (seq, fate) => { heard.fates[fate] = (heard.fates[fate] ?? 0) + 1 },
  })
  return heard
})

const expected = clients * messages
let published = 0
const killing = nodes.length ? setInterval(killOne, killEvery) : null
const talk = setInterval(() => {
  for (const { session } of all) {
    const mayTalk = published < rate * (Date.now() - began) / 1000
    if (mayTalk && published < expected && session.unsettled < 20) {
      session.publish(published)
      published += 1
    }
  }
  const done = published === expected && all.every(({ got, lost, session }) => got.length + lost >= expected && session.unsettled === 0)
  if (done || Date.now() - began > limit * 1000) finish()
}, 2)

function finish() {
  clearInterval(talk)
  clearInterval(killing)
  nodes.forEach((node) => node.process.removeAllListeners('exit'))
  const sum = (number) => all.reduce((total, heard) => total + number(heard), 0)
  const first = all[0].got
  const figures = {
    seed, clients, published, nodes: nodes.length, kills,
    connections: sum(({ session }) => session.connections),
    acknowledged: sum(({ fates }) => fates.published ?? 0),
    delivered: sum(({ got }) => got.length),
    duplicated: sum(({ got }) => got.length - new Set(got).size),
    lost: sum(({ lost }) => lost),
    // Where the time was over, some have heard more than others.
    disordered: all.filter(({ got }) => got.some((message, at) => at < first.length && message !== first[at])).length,
    seconds: (Date.now() - began) / 1000,
  }
  for (const { session } of all) session.close()
  console.log(JSON.stringify(figures))
  const whole = figures.delivered === clients * expected && figures.acknowledged === expected
  process.exit(whole && !figures.duplicated && !figures.lost && !figures.disordered ? 0 : 1)
}
