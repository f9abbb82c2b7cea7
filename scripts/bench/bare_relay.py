"""What the chat is compared with: an ASGI application that hears one channel of Redis and sends it on.

It knows nobody, keeps nothing, and waits for each socket in turn. `granian --interface asgi
scripts.bench.bare_relay:app`
"""

import asyncio
import os
from typing import Any

from redis.asyncio import Redis

CHANNEL = "bare"

_sockets: set[Any] = set()


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Serve sockets at any path, and a page that says that it does."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
    else:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": '{"type":"welcome"}'})
        _sockets.add(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        _sockets.discard(send)


async def _live(receive: Any, send: Any) -> None:
    await receive()
    relaying = asyncio.create_task(_relay())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    relaying.cancel()
    await send({"type": "lifespan.shutdown.complete"})


async def _relay() -> None:
    async with Redis.from_url(os.environ["CACHE_URL"]) as client, client.pubsub() as channel:
        await channel.subscribe(CHANNEL)
        async for message in channel.listen():
            if message["type"] == "message":
                text = message["data"].decode()
                for to in tuple(_sockets):
                    await to({"type": "websocket.send", "text": text})
