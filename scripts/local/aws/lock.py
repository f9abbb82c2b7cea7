"""One request at a time: moto's backends are plain objects that were not written for concurrent writers.

`Queue.delete_message`, for one, copies the list of messages and assigns the copy: a message that another
thread sends in between is lost. Requests of different services touch each other too (an auto-scaling group
launches instances), so there is one lock, not one a service. It costs little: the interpreter runs one thread
at a time.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

REQUESTS = threading.RLock()


@contextmanager
def waiting() -> Iterator[None]:
    """Let others in while the body waits for what only they can bring; enter with the lock held once."""
    REQUESTS.release()
    try:
        yield
    finally:
        REQUESTS.acquire()
