// Servers that expect an answer, as people run them. `node peer.mjs KIND PING_MS` listens on a free port of this machine
// and says on standard output what happens, a JSON object a line; the first has the port.

import { createServer } from 'node:http';

const [kind, ping] = [process.argv[2], Number(process.argv[3])];
const say = event => console.log(JSON.stringify(event));
const http = createServer((_, response) => response.writeHead(404).end());

const kinds = {
  // Engine.IO pings and drops whoever does not answer within the same time again.
  async 'socket.io'() {
    const { Server } = await import('socket.io');
    const io = new Server(http, { pingInterval: ping, pingTimeout: ping, transports: ['websocket'], cors: { origin: true } });
    io.engine.on('connection', raw => {
      raw.on('heartbeat', () => say({ is: 'answered' }));
      raw.on('close', reason => say({ is: 'closed', reason }));
    });
    io.on('connection', socket => {
      say({ is: 'joined' });
      socket.on('add', (a, b) => socket.emit('sum', a + b));
    });
  },

  // GraphQL over WebSocket: `connection_init` is due within twenty times PING_MS, and the server pings each PING_MS.
  async 'graphql-ws'() {
    const [{ WebSocketServer }, { useServer }, { buildSchema }] =
      await Promise.all([import('ws'), import('graphql-ws/use/ws'), import('graphql')]);
    const server = new WebSocketServer({ server: http, path: '/graphql' });
    useServer({
      schema: buildSchema('type Query { hello: String }'),
      roots: { query: { hello: () => 'world' } },
      connectionInitWaitTimeout: 20 * ping,
      onConnect({ extra: { socket } }) {
        say({ is: 'joined' });
        const timer = setInterval(() => socket.send(JSON.stringify({ type: 'ping' })), ping);
        socket.on('message', data => {
          if (JSON.parse(data).type === 'pong') say({ is: 'answered' });
        });
        socket.on('close', () => clearInterval(timer));
      },
      onClose: (_, code, reason) => say({ is: 'closed', reason: `${code} ${reason}` }),
    }, server);
    server.on('connection', socket => socket.on('close', code => say({ is: 'closed', reason: String(code) })));
  },
};

await kinds[kind]();
http.listen(0, '127.0.0.1', () => say({ port: http.address().port }));
// Ends with whoever started it.
process.stdin.resume().on('end', () => process.exit());
