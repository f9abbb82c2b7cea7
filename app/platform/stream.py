"""Putting records on a Kinesis stream: many callers, few requests.

What callers put within a moment goes out together. A put returns when Kinesis has the record, so that nobody
acknowledges what could still be lost. Of a request, Kinesis may take some records and refuse others: those
alone are sent again, after a pause.

**Order.** PutRecords promises none, and repeats would break it. So one record of a key is on its way at a
time, and the next of that key goes when it has arrived. Different keys are spread over the shards by Kinesis,
which hashes them, and do not wait for each other.

**Back-pressure.** The buffer is bounded. While the stream refuses, the buffer fills, callers wait for room,
and after a while they are told to come again: load does not pile up here.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from app.platform.aws import Aws
from app.platform.destinations import STREAM
from app.platform.problems import UnavailableError
from app.platform.retries import jittered

logger = logging.getLogger(__name__)

BATCH_RECORDS, BATCH_BYTES, RECORD_BYTES = STREAM
AGE = 0.02  # seconds that a record waits at most for others to go with it, while there is a free request
REQUESTS = 4  # on their way at a time
# What is held at most, of all callers.
HELD_RECORDS = 5_000
HELD_BYTES = 16 * 1024 * 1024
PATIENCE = 3.0  # seconds after which a caller is told to come again
FIRST_PAUSE = 0.05  # seconds after a refusal at most; doubled by every further one of the record
LONGEST_PAUSE = 1.0


@dataclass(eq=False, kw_only=True)
class _Record:
    key: str
    data: bytes
    size: int
    taken: asyncio.Future[None]
    is_sent: bool = False  # it is on its way, or waits to be sent again
    refusals: int = 0


class _Room:
    """Room for so many records and bytes; who comes first gets it first."""

    def __init__(self) -> None:
        self._records = HELD_RECORDS
        self._bytes = HELD_BYTES
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    async def take(self, size: int) -> None:
        if self._waiting or not self._fits(size):
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append((turn, size))
            await turn  # whoever gives room back has taken it for us
        else:
            self._occupy(size)

    def give_back(self, size: int) -> None:
        self._records += 1
        self._bytes += size
        while self._waiting and (self._waiting[0][0].done() or self._fits(self._waiting[0][1])):
            turn, wanted = self._waiting.popleft()
            if not turn.done():  # done is who gave up
                self._occupy(wanted)
                turn.set_result(None)

    def _fits(self, size: int) -> bool:
        return self._records > 0 and self._bytes >= size

    def _occupy(self, size: int) -> None:
        self._records -= 1
        self._bytes -= size


class Producer:
    """Puts records on one stream. Nothing runs between puts, so that it may stand still as Lambda does."""

    def __init__(self, aws: Aws, stream: str) -> None:
        self._aws = aws
        self._stream = stream
        self._room = _Room()
        self._queues: dict[str, deque[_Record]] = {}  # those of each key in their order, also the one sent
        self._ready: deque[str] = deque()  # keys whose first record may go, the longest waiting first
        self._ready_bytes = 0
        self._requests: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._is_closed = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Take records until the block ends, and then see those off that are held."""
        try:
            yield
        finally:
            self._is_closed = True
            self._flush()
            await self._is_idle.wait()

    async def put(self, key: str, data: bytes) -> None:
        """Put a record on the stream; return when it is there. Records of one key arrive in their order.

        Raises:
            ValueError: it is larger than a record may be.
            UnavailableError: the stream cannot be reached, or takes no more at the moment. The record may be
                there all the same: who repeats it must bear that.
            botocore.exceptions.ClientError: Kinesis refuses the request for what it is.
        """
        size = len(data) + len(key.encode())
        if size > RECORD_BYTES:
            raise ValueError(f"a record of {size} bytes, and {RECORD_BYTES} are the most")
        if self._is_closed:
            raise UnavailableError("this process is ending")
        record = _Record(key=key, data=data, size=size, taken=asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(PATIENCE):
                await self._room.take(size)
                try:
                    self._enqueue(record)
                    await record.taken
                finally:
                    self._leave(record)
                    self._room.give_back(size)
        except TimeoutError:
            raise UnavailableError("the stream takes no more at the moment") from None

    def _enqueue(self, record: _Record) -> None:
        queue = self._queues.setdefault(record.key, deque())
        queue.append(record)
        self._is_idle.clear()
        if len(queue) == 1:
            self._make_ready(record)

    def _leave(self, record: _Record) -> None:
        """Take out what nobody waits for any more; what is on its way comes to its end by itself."""
        queue = self._queues.get(record.key)
        if record.is_sent or queue is None or record not in queue:
            return
        was_first = queue[0] is record
        queue.remove(record)
        if was_first:
            self._ready.remove(record.key)
            self._ready_bytes -= record.size
            self._go_on(record.key)

    def _go_on(self, key: str) -> None:
        """Let the next record of a key go, or forget the key."""
        queue = self._queues[key]
        if queue:
            self._make_ready(queue[0])
            return
        del self._queues[key]
        if not self._queues:
            self._is_idle.set()

    def _make_ready(self, record: _Record) -> None:
        self._ready.append(record.key)
        self._ready_bytes += record.size
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(AGE, self._flush)
        is_full = len(self._ready) >= BATCH_RECORDS or self._ready_bytes >= BATCH_BYTES
        if is_full and len(self._requests) < REQUESTS:
            self._request()

    def _flush(self) -> None:
        """Send what is ready, as far as there are requests for it; the others go when one has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._ready and len(self._requests) < REQUESTS:
            self._request()

    def _request(self) -> None:
        request = asyncio.create_task(self._send(self._pack()))
        self._requests.add(request)
        request.add_done_callback(self._ended)

    def _ended(self, request: asyncio.Task[None]) -> None:
        self._requests.discard(request)
        self._flush()

    def _pack(self) -> list[_Record]:
        batch: list[_Record] = []
        size = 0
        while self._ready and len(batch) < BATCH_RECORDS:
            record = self._queues[self._ready[0]][0]
            if size + record.size > BATCH_BYTES:
                break
            self._ready.popleft()
            self._ready_bytes -= record.size
            record.is_sent = True
            batch.append(record)
            size += record.size
        return batch

    async def _send(self, batch: Sequence[_Record]) -> None:
        entries = [{"PartitionKey": record.key, "Data": record.data} for record in batch]
        try:
            answer = await self._aws.call("kinesis", "put_records", StreamName=self._stream, Records=entries)
        except (UnavailableError, ClientError, BotoCoreError) as error:
            for record in batch:
                self._settle(record, error)
            return
        refused: list[_Record] = []
        codes: Counter[str] = Counter()
        for record, entry in zip(batch, answer["Records"], strict=True):  # it answers in their order
            if "ErrorCode" in entry:
                refused.append(record)
                codes[entry["ErrorCode"]] += 1
            else:
                self._settle(record, None)
        if refused:
            logger.warning("the stream refused records", extra={"stream": self._stream, "refused": codes})
            self._send_again(refused)

    def _settle(self, record: _Record, error: Exception | None) -> None:
        """Tell the caller, and let the next of its key go."""
        self._queues[record.key].popleft()
        self._go_on(record.key)
        if record.taken.done():  # its caller did not wait for it
            return
        if error is None:
            record.taken.set_result(None)
        else:
            record.taken.set_exception(error)

    def _send_again(self, refused: Sequence[_Record]) -> None:
        """Have records sent again after a pause; their keys wait with them."""
        for record in refused:
            record.refusals += 1
        pause = jittered(max(record.refusals for record in refused), FIRST_PAUSE, LONGEST_PAUSE)
        asyncio.get_running_loop().call_later(pause, self._return, refused)

    def _return(self, refused: Sequence[_Record]) -> None:
        for record in refused:
            if record.taken.done():
                self._settle(record, None)
            else:
                record.is_sent = False
                self._make_ready(record)
