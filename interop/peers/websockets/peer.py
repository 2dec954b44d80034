"""Python's `websockets` on order: a line of JSON in, a line of JSON out.

serve {options, fragments, seed}: an echo on a free port -> {port}
ended {port}: waits for the next connection of that echo to end -> {code, reason, messages, pings, pongs, compressed}
visit {url, options, seed, messages, fragments, close, ca}: sends, compares -> {messages, pongs, code, reason, compressed, digest}
hear {url}: only listens -> {messages, code, reason, digest}
    digest: of what came, with its kind and length; ca: whom to trust over TLS, in PEM

`options` is false for no compression, or the arguments of the extension's factory.
"""

import asyncio
import hashlib
import json
import random
import ssl
import sys
import traceback

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)

CLOSE_REQUEST = "\0please close: "
BOUNDARIES = [1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 70 << 10]
SCRIPTS = [
    text.encode()
    for text in (
        "The quick brown fox ", "Zwölf Boxkämpfer ", "Ξεσκεπάζω ", "Съешь же ещё ", "דג סקרן ", "نص حكيم ",
        "ऋषियों को ", "เป็นมนุษย์ ", "いろはにほへと", "다람쥐 헌 ", "𝔘𝔫𝔦 🦀👩‍👩‍👧 ", "e\u0301\u0323",
        "\u0000\u007f\uffff\U0010ffff",
    )
]
WINDOW = 12


def length(rng):
    kind = rng.randrange(100)
    if kind < 8:
        return 0
    if kind < 20:
        return BOUNDARIES[rng.randrange(6)]
    if kind < 22:
        return BOUNDARIES[6 + rng.randrange(4)]
    if kind < 24:
        return rng.randrange(70 << 10)
    if kind < 44:
        return rng.randrange(4 << 10)
    return rng.randrange(200)


def message(rng, number):
    """The given message of a stream: its bytes, and whether they are text.

    The first ones compress well, so that it shows whether compression is at work.
    """
    if number < 4:
        return b'{"symbol":"HRTW","price":42.5}\n' * 1000, True
    size = length(rng)
    if rng.random() < 0.5:
        data = bytearray()
        script = rng.choice(SCRIPTS)
        while len(data) + len(script) <= size:
            data += script
            if rng.random() < 0.5:
                script = rng.choice(SCRIPTS)
        return bytes(data.ljust(size, b"x")), True
    kind = rng.randrange(3)
    if kind == 0:
        return bytes([rng.randrange(256)]) * size, False
    if kind == 1:
        pattern = rng.randbytes(rng.randrange(1, 301))
        return (pattern * (size // len(pattern) + 1))[:size], False
    return rng.randbytes(size), False


async def receive(connection):
    """The next message: its bytes, and whether they are text."""
    data = await connection.recv()
    return (data.encode(), True) if isinstance(data, str) else (data, False)


async def send(connection, rng, data, text, fragments):
    """Sends whole, or cut anywhere, with control frames in between. The Pongs that are due, as awaitables."""
    pongs = []
    if not fragments or rng.randrange(4) == 0:
        await connection.send(data, text=text)
        return pongs

    async def pieces():
        cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(1, 8)))
        start = 0
        for end in cuts:
            yield data[start:end]
            start = end
            between = rng.randrange(6)
            if between == 0:
                pongs.append(await connection.ping(b"%d %s" % (rng.getrandbits(64), b"Z" * rng.randrange(100))))
            elif between == 1:
                await connection.pong(b"unasked")
        yield data[start:]

    await connection.send(pieces(), text=text)
    return pongs


def extensions(options, factory):
    return None if options is False else [factory(**options)]


def compressed(connection):
    return ", ".join(extension.name for extension in connection.protocol.extensions)


class Echo:
    """An echo and the reports of the connections it had."""

    def __init__(self, fragments, seed):
        self.fragments = fragments
        self.seed = seed
        self.reports = asyncio.Queue()

    async def __call__(self, connection):
        rng = random.Random(self.seed)
        report = {"messages": 0, "pings": 0, "pongs": 0, "compressed": compressed(connection)}
        pongs = []
        try:
            while True:
                data, text = await receive(connection)
                report["messages"] += 1
                if text and data.startswith(CLOSE_REQUEST.encode()):
                    code, reason = data.decode().removeprefix(CLOSE_REQUEST).split(" ", 1)
                    await connection.close(int(code), reason)
                    break
                pongs += await send(connection, rng, data, text, self.fragments)
        except ConnectionClosed:
            pass
        except Exception:
            report["error"] = traceback.format_exc()
        await connection.wait_closed()
        report["pings"] = len(pongs)
        report["pongs"] = sum(pong.done() and not pong.exception() for pong in pongs)
        await self.reports.put(report | {"code": connection.close_code, "reason": connection.close_reason})


def absorb(digest, data, text):
    digest.update(b"%s %d " % (b"text" if text else b"binary", len(data)) + data)


async def hear(url):
    digest, count = hashlib.sha256(), 0
    async with connect(url, ping_interval=None, proxy=None) as connection:
        try:
            while True:
                absorb(digest, *await receive(connection))
                count += 1
        except ConnectionClosed:
            pass
    code, reason = connection.close_code, connection.close_reason
    return {"messages": count, "code": code, "reason": reason, "digest": digest.hexdigest()}


async def visit(url, options, seed, messages, fragments, close, ca=None):
    rng, digest = random.Random(seed), hashlib.sha256()
    report = {"messages": 0, "pongs": 0}
    async with connect(
        url,
        compression=None,
        extensions=extensions(options, ClientPerMessageDeflateFactory),
        ping_interval=None,
        proxy=None,
        ssl=ssl.create_default_context(cadata=ca) if ca else None,
    ) as connection:
        report["compressed"] = compressed(connection)
        waiting = asyncio.Queue(WINDOW)

        async def produce():
            pongs = []
            for number in range(messages):
                data, text = message(rng, number)
                await waiting.put((data, text))
                pongs += await send(connection, rng, data, text, fragments)
            return pongs

        producing = asyncio.create_task(produce())
        for _ in range(messages):
            received = await receive(connection)
            expected = await waiting.get()
            if received != expected:
                raise ValueError(f"message {report['messages']} of {len(expected[0])} bytes came back different")
            report["messages"] += 1
            absorb(digest, *received)
        pongs = await producing
        await asyncio.gather(*pongs)
        report["pongs"] = len(pongs)
        if close["there"]:
            try:
                await connection.send(f"{CLOSE_REQUEST}{close['code']} {close['reason']}")
                await connection.recv()
                raise ValueError("more came than was sent")
            except ConnectionClosed:
                pass
        else:
            await connection.close(close["code"], close["reason"])
        await connection.wait_closed()
    report["digest"] = digest.hexdigest()
    return report | {"code": connection.close_code, "reason": connection.close_reason}


echoes = {}


async def obey(what, order):
    if what == "visit":
        return await visit(**order)
    if what == "hear":
        return await hear(**order)
    if what == "ended":
        return await echoes[order["port"]].reports.get()
    if what == "serve":
        echo = Echo(order["fragments"], order["seed"])
        server = await serve(
            echo,
            "127.0.0.1",
            0,
            compression=None,
            extensions=extensions(order["options"], ServerPerMessageDeflateFactory),
            ping_interval=None,
        )
        port = server.sockets[0].getsockname()[1]
        echoes[port] = echo
        echo.server = server
        return {"port": port}
    raise ValueError(f"what is {what}?")


async def answer(order):
    number, what = order.pop("order"), order.pop("do")
    try:
        result = await obey(what, order)
    except Exception:
        result = {"error": traceback.format_exc()}
    print(json.dumps({"order": number} | result), flush=True)


async def main():
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    running = set()
    while line := await orders.readline():
        task = asyncio.create_task(answer(json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)


asyncio.run(main())
