// npm `ws` as its documentation advises for a broadcast: one room, which everybody is in. Usage: node server.mjs PORT
import { WebSocket, WebSocketServer } from 'ws';

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
});

server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', broadcast);
});

function broadcast(data, isBinary) {
  for (const client of server.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(data, { binary: isBinary });
  }
}

// The server ends with the benchmark that holds its standard input.
process.stdin.on('end', () => process.exit(0)).resume();
