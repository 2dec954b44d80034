// A client of heartwire.session.v1 for browsers and Node, written from docs/session-protocol.md and nothing else.
//
//   const session = new Session('wss://example.com/ws/room/lounge', {
//     name: 'Ann',
//     onmessage: ({ offset, data }, own) => show(data),
//     onsettled: (seq, fate) => mark(seq, fate),   // 'published', 'refused' or 'unknown'
//     onlost: (losses) => warn(losses),
//   })
//   const seq = session.publish({ text: 'hello' })  // queued, sent, and sent again until it is settled

const WINDOW = 64
const GAP = 4408
const SUPERSEDED = 4409

export class Session {
  #url
  #options
  #socket = null
  #timer = null
  #silence = null
  #live = false
  #ended = false
  #client
  #session = hex128()
  #connection = 0
  #position = null // {epoch, offset}
  #memory = 0
  #known = 0 // what became of messages up to here is known
  #sent = 0 // over any connection
  #onWire = 0 // over this one
  #queue = [] // those behind #known
  #own = '' // what ids of its own messages begin with
  #gap = '' // where a message was missing
  #delay

  // `url` may be a function that gives the URL of the next connection. `WebSocket` is for Node without one of its own.
  constructor(url, options = {}) {
    this.#url = url
    this.#options = { WebSocket: globalThis.WebSocket, firstDelay: 1000, maxDelay: 30_000, patience: 10_000, quiet: 20_000, history: 50, ...options }
    this.#client = options.client ?? hex128()
    this.#position = options.position ?? null
    this.#delay = this.#options.firstDelay
    this.#connect()
  }

  get client() { return this.#client }
  get position() { return this.#position }
  get connections() { return this.#connection }
  get unsettled() { return this.#queue.length }

  // Takes a message and gives its sequence number.
  publish(data) {
    if (this.#ended) throw new Error('the session has ended')
    if (this.#queue.length >= 1000) throw new Error('too many messages wait to be sent')
    this.#queue.push(JSON.stringify(data))
    this.#pump()
    return this.#known + this.#queue.length
  }

  close() { this.#end() }

  #connect() {
    const { WebSocket, patience } = this.#options
    const url = typeof this.#url === 'function' ? this.#url(this.#connection + 1) : this.#url
    const socket = new WebSocket(url, 'heartwire.session.v1')
    this.#socket = socket
    this.#connection += 1
    const connection = this.#connection
    // Events of a socket that was given up are nobody's.
    const current = (handle) => (event) => { if (socket === this.#socket) handle(event) }
    socket.onopen = current(() => this.#say({
      type: 'hello', client: this.#client, session: this.#session, connection,
      ...this.#position, memory: this.#memory, known: this.#known, sent: this.#sent,
      history: this.#options.history, name: this.#options.name,
    }))
    socket.onmessage = current((event) => this.#hear(JSON.parse(event.data)))
    socket.onclose = current((event) => event.code === SUPERSEDED ? this.#end('superseded') : this.#reconnect())
    socket.onerror = () => {}
    this.#expectAnswer(patience)
  }

  #reconnect(code) {
    const socket = this.#socket
    this.#socket = null
    this.#live = false
    this.#expectAnswer(null)
    this.#listen(false)
    if (code) socket.close(code)
    if (this.#ended) return
    this.#timer = setTimeout(() => this.#connect(), Math.random() * this.#delay)
    this.#delay = Math.min(this.#delay * 2, this.#options.maxDelay)
  }

  #expectAnswer(patience) {
    clearTimeout(this.#timer)
    this.#timer = patience === null ? null : setTimeout(() => this.#reconnect(GAP), patience)
  }

  // Something came: who hears nothing asks, and gives up who does not answer.
  #listen(live = true) {
    const { quiet, patience } = this.#options
    clearTimeout(this.#silence)
    this.#silence = !live ? null : setTimeout(() => {
      this.#say({ type: 'ping' })
      this.#silence = setTimeout(() => this.#reconnect(GAP), patience)
    }, quiet)
  }

  #say(message) { this.#socket.send(JSON.stringify(message)) }

  #pump() {
    while (this.#live && this.#onWire - this.#known < WINDOW && this.#onWire - this.#known < this.#queue.length) {
      const data = this.#queue[this.#onWire - this.#known]
      this.#onWire += 1
      this.#sent = Math.max(this.#sent, this.#onWire)
      this.#socket.send(`{"type":"publish","seq":${this.#onWire},"data":${data}}`)
      if (this.#timer === null) this.#expectAnswer(this.#options.patience)
    }
  }

  #hear(message) {
    if (this.#live) this.#listen()
    switch (message.type) {
      case 'welcome': return this.#welcome(message)
      case 'message': return this.#take(message)
      case 'ack': return this.#answer(message.from, message.to, () => 'published')
      case 'refused': return this.#answer(message.seq, message.seq, () => 'refused', message)
      case 'jump':
        if (message.epoch !== this.#position.epoch) {
          this.#settle(this.#sent, () => 'unknown')
          this.#onWire = Math.max(this.#onWire, this.#known)
          this.#memory = 1
        }
        return this.#moveTo(message)
      default: this.#options.onother?.(message)
    }
  }

  #welcome(welcome) {
    const { seq, refused = [], memory, session } = welcome
    if (seq > this.#sent) return this.#end('copied')
    if (seq === undefined) this.#settle(this.#sent, () => 'unknown')
    else this.#settle(seq, (each) => refused.includes(each) ? 'refused' : 'published')
    this.#onWire = this.#known
    this.#memory = memory
    this.#own = `${session}.`
    this.#live = true
    this.#listen()
    this.#delay = this.#options.firstDelay
    this.#moveTo(welcome)
    this.#expectAnswer(null)
    this.#options.onwelcome?.(welcome)
    this.#pump()
  }

  #moveTo({ epoch, offset, lost = [] }) {
    const at = this.#position
    if (at && at.epoch === epoch && lost.length === 0) {
      // Nothing may go missing without a word, and nothing comes twice.
      if (offset > at.offset) lost = [{ epoch, from: at.offset + 1, to: offset }]
      else offset = at.offset
    }
    this.#position = { epoch, offset }
    if (lost.length > 0) this.#options.onlost?.(lost)
  }

  #take(message) {
    const { epoch, offset } = this.#position
    if (message.offset <= offset) return
    if (message.offset > offset + 1) {
      const gap = `${epoch}.${offset}`
      if (this.#gap !== gap) {
        this.#gap = gap
        return this.#reconnect(GAP)
      }
      this.#options.onlost?.([{ epoch, from: offset + 1, to: message.offset - 1 }])
    }
    this.#position = { epoch, offset: message.offset }
    const own = message.id?.startsWith(this.#own) ? Number(message.id.split('.')[1]) : undefined
    this.#options.onmessage?.(message, own)
  }

  #answer(from, to, fate, why) {
    if (from > this.#known + 1) return this.#reconnect(GAP)
    if (to <= this.#known) return
    this.#settle(Math.min(to, this.#onWire), fate, why)
    this.#expectAnswer(this.#onWire > this.#known ? this.#options.patience : null)
    this.#pump()
  }

  #settle(upTo, fate, why) {
    while (this.#known < upTo && this.#queue.length > 0) {
      this.#queue.shift()
      this.#known += 1
      this.#options.onsettled?.(this.#known, fate(this.#known), why)
    }
  }

  #end(why) {
    this.#ended = true
    const socket = this.#socket
    this.#socket = null
    this.#expectAnswer(null)
    this.#listen(false)
    socket?.close(1000)
    this.#settle(this.#sent, () => 'unknown')
    this.#live = false
    if (why) this.#options.onended?.(why)
  }
}

function hex128() {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
