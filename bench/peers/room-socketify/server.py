"""uWebSockets' topics, by way of socketify: one topic, which everybody subscribes to. Usage: python server.py PORT"""

import os
import sys
import threading

from socketify import App, AppListenOptions, CompressOptions


def opened(socket):
    socket.subscribe("room")


def message(socket, data, opcode):
    # Others than the sender get it by `publish` of the socket; of the app all do.
    app.publish("room", data, opcode, True)


app = App()
app.ws(
    "/*",
    {
        "compression": CompressOptions.SHARED_COMPRESSOR,
        "max_payload_length": 64 * 1024,
        "max_backpressure": 16 * 1024 * 1024,
        "idle_timeout": 0,
        "open": opened,
        "message": message,
    },
)
app.listen(AppListenOptions(port=int(sys.argv[1]), host="127.0.0.1"), lambda config: None)


def end_with_the_benchmark():
    """The server ends with the benchmark that holds its standard input."""
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_the_benchmark, daemon=True).start()
app.run()
