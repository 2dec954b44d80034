// npm `ws` on order: a line of JSON in, a line of JSON out.
//
// serve {options, fragments, seed, tls}: an echo on a free port -> {port}
//   tls {cert, key, ca}: over TLS, for clients that show a certificate by that authority; all PEM
// ended {port}: waits for the next connection of that echo to end -> {code, reason, messages, pings, pongs, compressed}
// visit {url, options, seed, messages, fragments, close, ca}: sends, compares -> {messages, pongs, code, reason, compressed, digest}
// hear {url}: only listens -> {messages, code, reason, digest}
//   digest: of what came, with its kind and length; ca: whom to trust over TLS, in PEM

import { createHash } from 'node:crypto';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import { WebSocket, WebSocketServer } from 'ws';

const CLOSE_REQUEST = '\u0000please close: ';
/** What Pongs say that answer no Ping. */
const UNASKED = 'unasked';
const BOUNDARIES = [1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 70 << 10];
const SCRIPTS = [
  'The quick brown fox ', 'Zwölf Boxkämpfer ', 'Ξεσκεπάζω ', 'Съешь же ещё ', 'דג סקרן ', 'نص حكيم ',
  'ऋषियों को ', 'เป็นมนุษย์ ', 'いろはにほへと', '다람쥐 헌 ', '𝔘𝔫𝔦 🦀👩‍👩‍👧 ', 'e\u0301\u0323', '\u0000\u007f\uffff\u{10ffff}',
].map((text) => Buffer.from(text));

/** A small generator with a seed (mulberry32): numbers from 0 to below 1. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function below(rng, bound) {
  return Math.floor(rng() * bound);
}

function length(rng) {
  const kind = below(rng, 100);
  if (kind < 8) return 0;
  if (kind < 20) return BOUNDARIES[below(rng, 6)];
  if (kind < 22) return BOUNDARIES[6 + below(rng, 4)];
  if (kind < 24) return below(rng, 70 << 10);
  if (kind < 44) return below(rng, 4 << 10);
  return below(rng, 200);
}

/** The given message of a stream. The first ones compress well, so that it shows whether compression is at work. */
function message(rng, number) {
  if (number < 4) return { data: Buffer.from('{"symbol":"HRTW","price":42.5}\n'.repeat(1000)), binary: false };
  const size = length(rng);
  const data = Buffer.alloc(size);
  if (rng() < 0.5) {
    let at = 0;
    let script = SCRIPTS[below(rng, SCRIPTS.length)];
    while (at + script.length <= size) {
      at += script.copy(data, at);
      if (rng() < 0.5) script = SCRIPTS[below(rng, SCRIPTS.length)];
    }
    data.fill('x', at);
    return { data, binary: false };
  }
  const kind = below(rng, 3);
  const period = kind === 0 ? 1 : kind === 1 ? 1 + below(rng, 300) : size;
  for (let i = 0; i < Math.min(period, size); i++) data[i] = below(rng, 256);
  for (let i = period; i < size; i++) data[i] = data[i - period];
  return { data, binary: true };
}

/** Sends whole, or cut anywhere, with control frames in between. Tells how many Pings went out. */
function send(socket, rng, { data, binary }, fragments) {
  let pings = 0;
  if (!fragments || below(rng, 4) === 0) {
    socket.send(data, { binary });
    return pings;
  }
  const cuts = Array.from({ length: 1 + below(rng, 7) }, () => below(rng, data.length + 1));
  cuts.sort((a, b) => a - b);
  const compress = below(rng, 4) > 0;
  let start = 0;
  for (const end of cuts) {
    socket.send(data.subarray(start, end), { binary, compress, fin: false });
    start = end;
    const between = below(rng, 6);
    if (between === 0) {
      socket.ping(Buffer.alloc(below(rng, 126), 0x5a));
      pings++;
    } else if (between === 1) {
      socket.pong(UNASKED);
    }
  }
  socket.send(data.subarray(start), { binary, compress, fin: true });
  return pings;
}

function reject(answer, error) {
  answer({ error: String(error.stack ?? error) });
}

const echoes = new Map();

function serve({ options, fragments, seed, tls }, answer) {
  const secure = tls && createServer({ ...tls, requestCert: true, rejectUnauthorized: true });
  const place = secure ? { server: secure } : { host: '127.0.0.1', port: 0 };
  const server = new WebSocketServer({ ...place, perMessageDeflate: options });
  const ended = { reports: [], asked: [] };
  server.on('listening', () => {
    echoes.set(server.address().port, ended);
    answer({ port: server.address().port });
  });
  server.on('error', (error) => reject(answer, error));
  secure?.listen(0, '127.0.0.1');
  server.on('connection', (socket) => {
    const rng = random(seed);
    const report = { messages: 0, pings: 0, pongs: 0, compressed: socket.extensions };
    socket.on('message', (data, binary) => {
      report.messages++;
      if (!binary && data.toString().startsWith(CLOSE_REQUEST)) {
        const [code, ...reason] = data.toString().slice(CLOSE_REQUEST.length).split(' ');
        socket.close(Number(code), reason.join(' '));
        return;
      }
      report.pings += send(socket, rng, { data, binary }, fragments);
    });
    socket.on('pong', (data) => (report.pongs += data.toString() !== UNASKED));
    socket.on('error', (error) => (report.error = String(error)));
    socket.on('close', (code, reason) => {
      ended.reports.push({ ...report, code, reason: reason.toString() });
      while (ended.asked.length && ended.reports.length) ended.asked.shift()(ended.reports.shift());
    });
  });
}

function absorb(digest, data, binary) {
  digest.update(`${binary ? 'binary' : 'text'} ${data.length} `).update(data);
}

function hear({ url }, answer) {
  const [socket, digest] = [new WebSocket(url), createHash('sha256')];
  let messages = 0;
  socket.on('message', (data, binary) => {
    messages++;
    absorb(digest, data, binary);
  });
  socket.on('error', (error) => reject(answer, error));
  socket.on('close', (code, reason) => {
    answer({ messages, code, reason: reason.toString(), digest: digest.digest('hex') });
  });
}

function visit({ url, options, seed, messages, fragments, close, ca }, answer) {
  const [rng, digest] = [random(seed), createHash('sha256')];
  const socket = new WebSocket(url, { perMessageDeflate: options, ca });
  const waiting = [];
  const report = { messages: 0, pongs: 0 };
  let sent = 0;
  let pings = 0;
  let closing = false;
  const proceed = () => {
    while (sent < messages && waiting.length < 12) {
      const next = message(rng, sent);
      waiting.push(next);
      pings += send(socket, rng, next, fragments);
      sent++;
    }
    if (waiting.length || report.pongs < pings || closing) return;
    closing = true;
    if (close.there) socket.send(`${CLOSE_REQUEST}${close.code} ${close.reason}`);
    else socket.close(close.code, close.reason);
  };
  const fail = (text) => {
    report.error ??= text;
    socket.terminate();
  };
  socket.on('open', () => {
    report.compressed = socket.extensions;
    proceed();
  });
  socket.on('message', (data, binary) => {
    const expected = waiting.shift();
    if (!expected) return fail('more came than was sent');
    if (binary !== expected.binary || !data.equals(expected.data)) {
      return fail(`message ${report.messages} of ${expected.data.length} bytes came back different`);
    }
    report.messages++;
    absorb(digest, data, binary);
    proceed();
  });
  socket.on('pong', (data) => {
    report.pongs += data.toString() !== UNASKED;
    proceed();
  });
  socket.on('error', (error) => (report.error ??= String(error)));
  socket.on('close', (code, reason) => {
    if (report.pongs !== pings) report.error ??= `${report.pongs} Pongs for ${pings} Pings`;
    answer({ ...report, code, reason: reason.toString(), digest: digest.digest('hex') });
  });
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { order, do: what, ...rest } = JSON.parse(line);
  const answer = (result) => process.stdout.write(`${JSON.stringify({ order, ...result })}\n`);
  try {
    if (what === 'serve') serve(rest, answer);
    else if (what === 'visit') visit(rest, answer);
    else if (what === 'hear') hear(rest, answer);
    else if (what === 'ended') {
      const ended = echoes.get(rest.port);
      if (ended.reports.length) answer(ended.reports.shift());
      else ended.asked.push(answer);
    } else answer({ error: `what is ${what}?` });
  } catch (error) {
    reject(answer, error);
  }
}).on('close', () => process.exit());
