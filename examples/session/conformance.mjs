// Runs the client of this folder through what heartwire.session.v1 asks of one, and says how it came out:
//
//   node conformance.mjs 127.0.0.1:8080 my-client
//
// The times of a client may be shorter than the text has them, so that the run is: --patience 1000 --quiet 1500. Node
// before 22 needs the package `ws` in the current folder.

import { createRequire } from 'node:module'
import { Session } from './session.mjs'

const [server, name, ...words] = process.argv.slice(2)
const option = (name, otherwise) => {
  const at = words.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(words[at + 1])
}
const WebSocket = globalThis.WebSocket ?? createRequire(`${process.cwd()}/`)('ws')
const options = { WebSocket, firstDelay: option('delay', 1000), patience: option('patience', 10_000), quiet: option('quiet', 20_000) }

const api = `http://${server}/api/conformance/${name}/session`
const get = async (url) => {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

// The application that the cases ask for: it publishes the case's texts, and back what it gets. It is done once its
// session has ended.
const run = ({ target, publish }) => new Promise((resolve) => {
  const session = new Session(`ws://${server}${target}`, {
    ...options,
    onmessage: ({ data }, own) => { if (own === undefined) session.publish(data) },
    onended: resolve,
  })
  for (const text of publish) session.publish(text)
})

const { cases } = await get(`${api}/cases`)
await Promise.all(cases.map(run))
// Whether a session stays away is known a while after it has ended.
let report = await get(api)
for (const end = Date.now() + 10_000; report.missing > 0 && Date.now() < end; report = await get(api)) {
  await new Promise((resolve) => setTimeout(resolve, 100))
}
for (const { name, verdict, did } of report.cases) console.log(`${verdict.padEnd(8)} ${name}: ${did}`)
console.log(`${report.passed} passed, ${report.failed} failed, ${report.missing} missing`)
process.exit(report.passed === report.cases.length ? 0 : 1)
