// npm `ws` as its documentation advises for an echo with a heartbeat. Usage: node server.mjs PORT
import { WebSocketServer } from 'ws';

const PING_INTERVAL_MILLIS = 20_000;

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true },
});

server.on('connection', (socket) => {
  socket.alive = true;
  socket.on('pong', heard);
  socket.on('error', () => {});
  socket.on('message', echo);
});

function heard() {
  this.alive = true;
}

function echo(data, isBinary) {
  this.send(data, { binary: isBinary });
}

setInterval(() => {
  for (const socket of server.clients) {
    if (!socket.alive) {
      socket.terminate();
      continue;
    }
    socket.alive = false;
    socket.ping();
  }
}, PING_INTERVAL_MILLIS);

// The server ends with the benchmark that holds its standard input.
process.stdin.on('end', () => process.exit(0)).resume();
