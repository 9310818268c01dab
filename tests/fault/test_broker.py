"""RabbitMQ dies, freezes, runs out of memory, loses its bindings, while people pay: nobody notices but the events."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

import pytest
import urllib3

from emitra_local.stack import Stack
from tests.support.platform import Platform, eventually
from tests.support.programs import end, frozen, logged, metric, ready
from tests.support.settled import assert_each_paid_once, database
from tests.support.traffic import CLIENTS, Promised, Traffic

pytestmark = pytest.mark.long

# A frozen broker is found out by a confirm that does not come (10 s) and by heartbeats that do not (two of 10 s).
NOTICED_WITHIN_SECONDS = 60
# The relay measures its backlog every 5 s.
MEASURED_WITHIN_SECONDS = 15
LONGER_THAN_A_CONFIRM_SECONDS = 12
CONSUMER, RELAY = "gateway-worker", "billing-relay"


@pytest.fixture(autouse=True)
def own_broker(stack: Stack) -> None:
    if "rabbitmq" not in stack.program_names():
        pytest.skip("AMQP_URL names a broker that is not ours to break")


@contextmanager
def memory_alarm(stack: Stack) -> Iterator[None]:
    stack.rabbitmqctl("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        yield
    finally:
        stack.rabbitmqctl("set_vm_memory_high_watermark", "absolute", "1GB")


def manage(stack: Stack, method: str, path: str) -> urllib3.BaseHTTPResponse:
    """A call of the broker's management API on the stack's virtual host; `{}` in `path` stands for it."""
    at = urlsplit(stack.infrastructure.management_url)
    login = urllib3.make_headers(basic_auth=f"{unquote(at.username or '')}:{unquote(at.password or '')}")
    url = f"http://{at.hostname}:{at.port}/api/{path.format(quote(stack.infrastructure.vhost, safe=''))}"
    answer = urllib3.request(method, url, headers=login, timeout=15)
    assert answer.status < 300, (path, answer.status, answer.data)
    return answer


@contextmanager
def without_bindings(stack: Stack, exchange: str) -> Iterator[None]:
    """Until the end of the block nothing that is published there has anywhere to go.

    The gateway's bindings go last and come first: an event that only the log stream takes does not return to the relay
    (its topology is judged by who consumes, not by who publishes), and a test must not lose one by its own order.
    """
    bindings = manage(stack, "GET", f"exchanges/{{}}/{exchange}/bindings/source").json()
    for binding in sorted(bindings, key=lambda binding: binding["destination"].startswith("gateway.")):
        key = quote(binding["properties_key"], safe="")
        manage(stack, "DELETE", f"bindings/{{}}/e/{exchange}/q/{binding['destination']}/{key}")
    try:
        yield
    finally:
        load_topology(stack)


@contextmanager
def without(stack: Stack, path: str) -> Iterator[None]:
    """Until the end of the block this queue or binding is not there."""
    manage(stack, "DELETE", path)
    try:
        yield
    finally:
        load_topology(stack)


def load_topology(stack: Stack) -> None:
    for service in sorted(stack.services.values(), key=lambda service: service.name != "gateway"):
        service.load_topology()


def rows(stack: Stack, state: str) -> int:
    with database(stack, "billing") as billing:
        return billing.outbox.count_documents({"state": state})


def test_a_broker_that_is_killed_costs_no_payment_and_no_event(stack: Stack, platform: Platform) -> None:
    with Traffic(platform) as traffic:
        traffic.more(5)
        end(stack, "rabbitmq", signal.SIGKILL)
        traffic.more(5)
        stack.infrastructure.await_rabbitmq()
        stack.await_ready()
        traffic.more(5)
    assert not traffic.refusals
    assert_each_paid_once(stack, traffic.promised)


def test_a_frozen_broker_is_left_and_found_again(stack: Stack, platform: Platform) -> None:
    relay = stack.pid(RELAY)
    with Traffic(platform) as traffic:
        traffic.more(5)
        with frozen(stack.pid("rabbitmq")):
            eventually(lambda: stack.pid(RELAY) != relay, NOTICED_WITHIN_SECONDS, "the relay ends in doubt")
            eventually(lambda: not ready(stack, CONSUMER), NOTICED_WITHIN_SECONDS, "the consumer is not ready")
            traffic.more(5)
        stack.await_ready()
        traffic.more(5)
    assert not traffic.refusals
    assert_each_paid_once(stack, traffic.promised)


def test_a_broker_in_memory_alarm_delays_events_and_nothing_else(stack: Stack, platform: Platform) -> None:
    relay = stack.pid(RELAY)
    with Traffic(platform) as traffic:
        traffic.more(5)
        with memory_alarm(stack):
            before = rows(stack, "sent")
            traffic.more(10)
            eventually(
                lambda: metric(stack, RELAY, "emitra_outbox_oldest_pending_seconds") > LONGER_THAN_A_CONFIRM_SECONDS,
                LONGER_THAN_A_CONFIRM_SECONDS + MEASURED_WITHIN_SECONDS,
                "events wait",
            )
            assert rows(stack, "sent") <= before + CLIENTS  # what was on its way when the alarm came
            # It waits for the broker; restarting would not bring the memory back.
            assert stack.pid(RELAY) == relay
        traffic.more(5)
    assert not traffic.refusals
    assert_each_paid_once(stack, traffic.promised)
    assert stack.pid(RELAY) == relay


def test_events_that_no_queue_takes_are_kept_shown_and_sent_again_on_demand(stack: Stack, platform: Platform) -> None:
    billing = stack.services["billing"]
    with Traffic(platform) as traffic:
        traffic.more(5)
        with without_bindings(stack, "billing.events"):
            eventually(lambda: rows(stack, "unroutable"), 20, "an event comes back")
            traffic.more(5)
            lost = eventually(
                lambda: metric(stack, RELAY, "emitra_outbox_unroutable"), MEASURED_WITHIN_SECONDS, "the metric says so"
            )
        traffic.more(5)
    assert not traffic.refusals
    eventually(lambda: rows(stack, "pending") == 0, 20, "the relay has tried every event")
    kept = rows(stack, "unroutable")
    assert kept >= lost
    # Each came back once: nothing goes round while nobody takes it.
    returned = Counter(line["outbox_id"] for line in logged(stack, RELAY, event="event_unroutable"))
    assert len(returned) == kept
    assert set(returned.values()) == {1}
    assert f" {kept} event(s)" in billing.command("outbox", "resend-unroutable", "--dry-run")
    assert rows(stack, "unroutable") == kept

    assert f" {kept} event(s)" in billing.command("outbox", "resend-unroutable")
    assert_each_paid_once(stack, traffic.promised)
    assert rows(stack, "unroutable") == 0


def told_of_the_loss(stack: Stack, queue: str, since: str) -> bool:
    """Whether the consumer has logged as an error that this queue, or a binding of it, is missing."""
    lines = logged(stack, CONSUMER, level="error")
    return any(queue in str(line) for line in lines if line["event"].startswith("topology_") and line["at"] > since)


def test_a_consumer_whose_queue_is_gone_refuses_to_work_until_it_is_there(stack: Stack, platform: Platform) -> None:
    worker, queue, since = stack.pid(CONSUMER), "gateway.payment.completed.v1", rfc3339_now()
    with without(stack, f"queues/{{}}/{queue}"):
        eventually(lambda: stack.pid(CONSUMER) != worker, NOTICED_WITHIN_SECONDS, "the consumer ends")
        eventually(lambda: told_of_the_loss(stack, queue, since), 30, "it says what is missing")
        assert not ready(stack, CONSUMER)
    stack.await_ready([CONSUMER])
    with Traffic(platform) as traffic:
        traffic.more(5)
    assert_each_paid_once(stack, traffic.promised)


@pytest.mark.parametrize(
    "lost", ["bindings/{{}}/e/billing.events/q/{0}/{1}", "queues/{{}}/{0}"], ids=["binding", "queue"]
)
def test_what_one_lost_queue_should_have_had_is_noticed_and_sent_again_on_demand(
    stack: Stack, platform: Platform, lost: str
) -> None:
    event = "payment.completed.v1"
    queue, since = f"gateway.{event}", rfc3339_now()
    with Traffic(platform) as traffic:
        traffic.more(5)
        with without(stack, lost.format(queue, event)):
            # The log of events still takes all: the relay sees nothing, and only the consumer can know.
            eventually(lambda: not ready(stack, CONSUMER), NOTICED_WITHIN_SECONDS, "the consumer is not ready")
            traffic.more(5)
            eventually(lambda: rows(stack, "pending") == 0, 20, "every event is sent")
            # Without its queue a consumer ends, and only when it is started again does it look for what differs.
            eventually(lambda: told_of_the_loss(stack, queue, since), NOTICED_WITHIN_SECONDS, "it says what is missing")
    assert not traffic.refusals
    assert rows(stack, "unroutable") == 0
    stack.await_ready()
    unseen = [promised for promised in traffic.promised if not told_of(stack, promised)]
    assert len(unseen) >= 5
    answer = stack.services["billing"].command("outbox", "resend", "--since", since, "--type", event)
    assert int(answer.split()[1]) >= len(traffic.promised)
    assert_each_paid_once(stack, traffic.promised)


def rfc3339_now() -> str:
    """As programs date their log lines."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def told_of(stack: Stack, promised: Promised) -> bool:
    """Whether the gateway's view has the payment's completion."""
    with database(stack, "gateway") as gateway:
        token = promised.payment["transaction_token"]
        return gateway.transactions.count_documents({"_id": token, "events.type": "payment.completed"}) == 1
