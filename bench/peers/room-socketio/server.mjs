// socket.io with one room, which everybody is in. Usage: node server.mjs PORT
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
  // Longer than any measurement: what it costs to ask 10,000 clients is not what a message costs.
  pingInterval: 600_000,
});

io.on('connection', (socket) => {
  socket.join('room');
  socket.on('message', (data) => io.to('room').emit('message', data));
});

http.listen(Number(process.argv[2]), '127.0.0.1');

// The server ends with the benchmark that holds its standard input.
process.stdin.on('end', () => process.exit(0)).resume();
