"""The faults of a drill, each done from outside of the program under test."""

import json
import random
import signal
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psutil

from scripts.drill import reading
from scripts.drill.books import Acknowledged
from scripts.drill.errors import DrillError
from scripts.drill.notes import MAILER, Note, left_behind
from scripts.drill.pace import TIMEOUT
from scripts.drill.plan import Fault
from scripts.drill.poison import poison
from scripts.drill.stack import Consumer, Stack, send, stands_still

BUSY_WITHIN = 10.0  # seconds for which a fault waits until its consumer has something to do, and processes
THROTTLED = 4.0  # seconds that calls are refused
# Of a service as a whole every second call is refused, of an operation each.
SHARE_OF_SERVICE = 0.5
HELD_BACK = (2, 5)  # seconds that messages are delivered later than those that came after them
LEADS_WITHIN = 120.0  # seconds for a new leader: a lease runs out after 9, and an instance starts in some
EXCEEDED_WITHIN = 5.0  # seconds in which who exceeds its time is ended
LOOK = 0.1

PAYLOADS = "SELECT payload::text FROM outbox WHERE aggregate_id = :order_id AND type = :type"
HEARD = {
    "order_inventory": "order.placed",
    "order_notifications": "order.placed",
    "payment_capture": "payment.authorised",
}


@dataclass
class Faults:
    """Does faults, and keeps what is needed to judge what came of them.

    Attributes:
        say: tells people a line.
        placed: the orders that were acknowledged by now.
        poison: the ids of the poison messages that were sent, by dead-letter queue.
        left: what the mailer had noted of its work when it was killed, or stopped until it is.
        happened: how many faults there were of each kind.
    """

    stack: Stack
    consumers: dict[str, Consumer]
    say: Callable[[str], None]
    placed: Sequence[Acknowledged]
    poison: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    left: set[Note] = field(default_factory=set)
    happened: Counter[str] = field(default_factory=Counter)
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _stopped: list[psutil.Process] = field(default_factory=list)
    _exceeded_at: float = 0.0

    def happen(self, fault: Fault) -> None:
        """Do one, and count it unless there was nothing to do it to."""
        rng = random.Random(fault.seed)  # noqa: S311 - repeatable
        match fault.kind:
            case "crash":
                was = self._signal(self.consumers[fault.at], signal.SIGKILL, "crashes")
            case "stand still":
                was = self._signal(
                    self.consumers[fault.at], signal.SIGSTOP, "stands still until it times out"
                )
            case "poison":
                was = self._poison(self.consumers[fault.at], rng)
            case "duplicate":
                was = self._duplicate(self.consumers[fault.at], rng)
            case "hold back":
                was = self._hold_back(self.consumers[fault.at], rng)
            case "throttle":
                was = self._throttle(fault.at, fault.operation)
        self._count(fault.kind, was)

    def kill_leader(self, previous: int | None) -> int:
        """Kill the process that leads the relay, once it is another than the previous; return its id.

        Raises:
            DrillError: nobody leads for too long.
        """
        deadline = time.monotonic() + LEADS_WITHIN
        while (leader := self.stack.leader()) in (None, previous):
            if time.monotonic() > deadline:
                raise DrillError(f"nobody leads the relay within {LEADS_WITHIN:.0f} s")
            time.sleep(LOOK)
        send(signal.SIGKILL, [leader])
        self._count("leader killed", was=True)
        self.say(f"the relay's leader is killed: process {leader} of an instance")
        return leader

    def let_go(self) -> None:
        """Let processes go on that still stand still when the others have exceeded their time.

        They had nothing to do, and so no time to exceed; but what comes next may wait for them.
        """
        while any(stands_still(one) for one in self._stopped) and time.monotonic() < self._exceeded_at:
            time.sleep(LOOK)
        for process in self._stopped:
            if stands_still(process):
                send(signal.SIGCONT, [process.pid])

    def _count(self, kind: str, was: bool) -> None:  # noqa: FBT001 - whether it was *is* a boolean
        with self._counting:
            self.happened[kind] += was

    def _signal(self, consumer: Consumer, sent: signal.Signals, what: str) -> bool:
        """Signal the processes of a consumer while it has something to do, but those that stand still."""
        if consumer.name == MAILER:
            self._refuse_mail()
        else:
            self._await_work(consumer)
        processes = self._await_processes(consumer)
        at = time.time()
        pids = send(sent, [process.pid for process in processes])
        if pids and consumer.name == MAILER:
            self.left |= left_behind(self.stack, self.consumers.values(), at)
        if sent == signal.SIGSTOP:
            self._stopped += processes
            self._exceeded_at = time.monotonic() + TIMEOUT + EXCEEDED_WITHIN
        if pids:
            self.say(f"{consumer.name} {what}: process {', '.join(map(str, pids))}")
        return bool(pids)

    def _refuse_mail(self) -> None:
        """Have SES refuse mails, and wait until none is between SES's yes and its note.

        Who dies between the two sends the mail again, as its docstring says: SES does not recognise a
        repeated request, so nobody could do better. Everywhere else it must not. On a busy machine it may
        happen all the same: then the books tell it from other mails sent twice.
        """
        self._throttle("sesv2", "SendEmail")
        before, deadline = self._mails_refused(), time.monotonic() + THROTTLED / 2
        while self._mails_refused() == before and time.monotonic() < deadline:
            time.sleep(LOOK)
        time.sleep(THROTTLED / 4)

    def _mails_refused(self) -> int:
        return self.stack.refused().get("sesv2.SendEmail", 0)

    def _await_work(self, consumer: Consumer) -> None:
        deadline = time.monotonic() + BUSY_WITHIN
        while time.monotonic() < deadline:
            if int(self.stack.attributes(consumer.queue)["ApproximateNumberOfMessagesNotVisible"]):
                return
            time.sleep(LOOK / 5)

    def _await_processes(self, consumer: Consumer) -> list[psutil.Process]:
        """Return a consumer's processes but those that stand still: others are started for what waits."""
        deadline = time.monotonic() + BUSY_WITHIN
        while True:
            found = [one for one in self.stack.workers(consumer) if not stands_still(one)]
            if found or time.monotonic() > deadline:
                return found
            time.sleep(LOOK)

    def _poison(self, consumer: Consumer, rng: random.Random) -> bool:
        body = poison(consumer.name, rng)
        message = self._send(consumer, body, str(uuid.uuid4()))
        self.poison[reading.name(consumer.dead_letters)].append(message)
        self.say(f"{consumer.name} gets poison: {body[:60]}")
        return True

    def _duplicate(self, consumer: Consumer, rng: random.Random) -> bool:
        """Send once more what an order's event said, if it was relayed already or not."""
        if not self.placed:
            return False
        order_id = rng.choice(self.placed).order_id
        with self.stack.database() as connection:
            rows = connection.run(PAYLOADS, order_id=order_id, type=HEARD[consumer.name])
        for [payload] in rows:
            self._send(consumer, json.dumps(json.loads(payload)), order_id)
            self.say(f"{consumer.name} gets {HEARD[consumer.name]} of order {order_id} once more")
        return bool(rows)

    def _send(self, consumer: Consumer, body: str, group: str) -> str:
        more = (
            {"MessageGroupId": group, "MessageDeduplicationId": str(uuid.uuid4())} if consumer.is_fifo else {}
        )
        sent = self.stack.sqs.send_message(QueueUrl=consumer.queue, MessageBody=body, **more)
        return str(sent["MessageId"])

    def _hold_back(self, consumer: Consumer, rng: random.Random) -> bool:
        """Receive messages in the consumer's place and let them go later: others overtake them."""
        seconds = rng.randint(*HELD_BACK)
        answer = self.stack.sqs.receive_message(
            QueueUrl=consumer.queue, MaxNumberOfMessages=10, VisibilityTimeout=seconds, WaitTimeSeconds=2
        )
        held = answer.get("Messages", [])
        if held:
            self.say(f"{consumer.name} gets {len(held)} messages {seconds} s late, behind others")
        return bool(held)

    def _throttle(self, service: str, operation: str) -> bool:
        if operation:
            self.stack.refuse(service=service, operation=operation, seconds=THROTTLED)
        else:
            self.stack.refuse(service=service, seconds=THROTTLED, share=SHARE_OF_SERVICE)
        said = f"{service}.{operation}" if operation else f"every second call of {service}"
        self.say(f"AWS throttles {said} for {THROTTLED:.0f} s")
        return True
