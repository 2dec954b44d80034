# What Python's websockets sees at each of these addresses: the list is in VISITS.
import asyncio, json, os
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

LISTEN, HANG_UP = 3, 2

async def visit(url, texts):
    seen = {"opened": False, "messages": [], "count": 0, "end": "open", "code": None, "reason": "", "error": ""}
    socket = None

    async def listen():
        nonlocal socket
        socket = await connect(url, max_size=2 << 20)
        seen["opened"] = True
        for text in texts:
            await socket.send(text)
        while True:
            message = await socket.recv()
            seen["count"] += 1
            if seen["count"] <= 16:
                seen["messages"].append(message[:16])

    try:
        await asyncio.wait_for(listen(), LISTEN)
    except ConnectionClosed:
        seen["end"] = "closed"
    except TimeoutError:
        seen["end"] = "leaves" if seen["opened"] else "waits"
    except Exception as error:
        seen["end"] = "closed"
        seen["error"] = type(error).__name__
    if seen["end"] == "leaves":
        try:
            await asyncio.wait_for(socket.close(1000), HANG_UP)
        except TimeoutError:
            seen["end"] = "hangs"
    if socket:
        seen["code"], seen["reason"] = socket.close_code, socket.close_reason or ""
        socket.transport.abort()
    return seen

async def main():
    visits = json.loads(os.environ["VISITS"])
    print(json.dumps(await asyncio.gather(*(visit(each["url"], each["texts"]) for each in visits))))

asyncio.run(main())
