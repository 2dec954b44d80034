"""Python `websockets` as an echo, on uvloop. Usage: python server.py PORT"""

import asyncio
import sys
import threading
import os

import uvloop
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


async def echo(socket):
    try:
        async for message in socket:
            await socket.send(message)
    except ConnectionClosed:
        pass


async def main(port):
    # Memory level 5 and a window of 12 bits are the library's own defaults.
    deflate = ServerPerMessageDeflateFactory(
        server_no_context_takeover=True,
        client_no_context_takeover=True,
        server_max_window_bits=12,
        client_max_window_bits=12,
        compress_settings={"memLevel": 5},
    )
    async with serve(echo, "127.0.0.1", port, compression=None, extensions=[deflate], ping_interval=20):
        await asyncio.get_running_loop().create_future()


def end_with_the_benchmark():
    """The server ends with the benchmark that holds its standard input."""
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_the_benchmark, daemon=True).start()
uvloop.run(main(int(sys.argv[1])))
