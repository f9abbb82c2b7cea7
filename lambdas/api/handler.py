"""`api`: the shop itself, the same application as on the instances, behind API Gateway.

Mangum turns each event into an ASGI request. Its own lifespan would start the shop up and shut it down at
every invocation, so it is off: the shop starts once, when Lambda loads this module, on the loop that then
serves every request of the execution environment. What it opened stays open for as long as that lives.

Environment: that of the shop, see `app/platform/settings.py`.
"""

import asyncio

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from app.main import app, resources

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)  # Mangum takes the current one
# Bound to a name for as long as the module lives: collected, it would close what it opened. The relay stays
# off: between two invocations this process stands still, so the outbox is left to the instances.
running = resources(app, relay=False)
loop.run_until_complete(running.__aenter__())
# Nor does anything live long here: who wants to follow an order is told to ask an instance.
loop.run_until_complete(app.state.drain.drain())

handler = Mangum(app, lifespan="off", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, "application/problem+json"])
