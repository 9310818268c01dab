"""The line between two parts swallows everything, is cut, or is slow, while people pay.

A black hole is worse than a cut: nobody is told, so every wait must have an end of its own. The parts are led through
proxies by their settings; nothing else about them is different.

Not cut yet: the provider (traffic pays by wallet only), the gateway's ways to identity, to kiosk-registry and to its
own database, kiosk-registry's lines, and those between members of the replica set.
"""

import json
import signal
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import urllib3

from emitra_local.stack import Stack
from tests.support.black_hole import BlackHole
from tests.support.invariants import assert_invariants
from tests.support.platform import Answer, Client, Platform, eventually, new_key
from tests.support.programs import end, logged, metric, ready
from tests.support.settled import assert_each_paid_once, database
from tests.support.traffic import LONGEST_REQUEST_SECONDS, TIMEOUT_MS, Promised, Traffic

pytestmark = pytest.mark.long

# A confirm is awaited for 10 s, a heartbeat for two times 10 s, an answer of MongoDB for 10 s.
NOTICED_WITHIN_SECONDS = 60
# The gateway looks for other addresses every 2 s.
ROUTED_WITHIN_SECONDS = 20
# Sometimes a restart fails while the line is down, and the supervisor's pauses grow to seconds.
RECOVERED_WITHIN_SECONDS = 60
# Ten round trips to the database are normal for a payment; this makes a second of them.
DELAY_SECONDS = 0.05


@dataclass(frozen=True)
class Line:
    """Which setting of which programs leads from one part to another."""

    programs: tuple[str, ...]
    setting: str
    target: str


LINES = {
    "billing to MongoDB": Line(("billing-api", "billing-worker", "billing-relay"), "MONGODB_URI", "mongod"),
    "billing to the biller": Line(("billing-api", "billing-worker"), "BILLER_NETWORK_URL", "biller-simulator"),
    "relay to RabbitMQ": Line(("billing-relay",), "AMQP_URL", "rabbitmq"),
    "consumer to RabbitMQ": Line(("gateway-worker",), "AMQP_URL", "rabbitmq"),
    "consumer to MongoDB": Line(("gateway-worker",), "MONGODB_URI", "mongod"),
    "billing's consumer to RabbitMQ": Line(("billing-worker",), "AMQP_URL", "rabbitmq"),
    "certificates to MongoDB": Line(
        ("certificates-api", "certificates-worker", "certificates-relay"), "MONGODB_URI", "mongod"
    ),
    "certificates' relay to RabbitMQ": Line(("certificates-relay",), "AMQP_URL", "rabbitmq"),
    "certificates' consumer to RabbitMQ": Line(("certificates-worker",), "AMQP_URL", "rabbitmq"),
    "kiosk-registry's relay to RabbitMQ": Line(("kiosk-registry-relay",), "AMQP_URL", "rabbitmq"),
    "kiosk-registry to MongoDB": Line(("kiosk-registry-api", "kiosk-registry-relay"), "MONGODB_URI", "mongod"),
    "gateway to MongoDB": Line(("gateway-api",), "MONGODB_URI", "mongod"),
    "gateway to identity's keys": Line(("gateway-api",), "JWKS_URL", "identity-http"),
    "billing to the provider": Line(("billing-api", "billing-worker"), "PSP_URL", "psp-simulator"),
}
# Through the gateway's routes: the service behind each, and what finds out whether a request has gone that way.
ROUTES = {
    "gateway to billing": ("billing", "/v1/wallet"),
    "gateway to certificates": ("certificates", "/v1/applications/app_of_nobody"),
    "gateway to kiosk-registry": ("kiosk-registry", "/v1/kiosks/ksk_of_nobody"),
    "gateway to identity": ("identity", "/.well-known/jwks.json"),
}
# Payments or applications need these: the clients see that something is wrong.
SEEN_BY_CLIENTS = {"billing to MongoDB", "billing to the biller", "certificates to MongoDB"}
SEEN_BY_CLIENTS |= {"gateway to billing", "gateway to certificates"}
PROGRAMS = sorted({program for line in LINES.values() for program in line.programs})


@pytest.fixture(scope="module")
def lines(stack: Stack) -> Iterator[dict[str, BlackHole]]:
    """A proxy on every line."""
    if not {"mongod", "rabbitmq"} <= set(stack.program_names()):
        pytest.skip("the database or the broker is not this stack's own")
    with ExitStack() as opened:
        holes = {name: opened.enter_context(BlackHole(stack.ports[line.target])) for name, line in LINES.items()}
        for name, (service, _) in ROUTES.items():
            holes[name] = opened.enter_context(BlackHole(stack.ports[f"{service}-http"]))
        for program in PROGRAMS:
            service, _, process = program.rpartition("-")
            env = stack.env_of(service, process)
            through = {}
            for name, line in LINES.items():
                if program in line.programs:
                    direct = f"127.0.0.1:{stack.ports[line.target]}"
                    assert direct in env[line.setting]
                    through[line.setting] = env[line.setting].replace(direct, f"127.0.0.1:{holes[name].port}")
            stack.restart_program(program, through)
        routes = {name: stack.state / "routes" / f"{service}.url" for name, (service, _) in ROUTES.items()}
        direct_routes = {name: route.read_text() for name, route in routes.items()}
        for name, route in routes.items():
            route.write_text(f"http://127.0.0.1:{holes[name].port}\n")
        stack.await_ready(PROGRAMS)
        kiosk = Platform(stack.run_info).client("kiosk-jaipur")

        def routed() -> bool:
            for _, path in ROUTES.values():
                assert kiosk.get(path).status in {200, 404, 503}
            return all(holes[name].accepted for name in ROUTES)

        eventually(routed, ROUTED_WITHIN_SECONDS, "the gateway goes through the proxies")
        yield holes
        for name, route in routes.items():
            route.write_text(direct_routes[name])
        for program in PROGRAMS:
            stack.restart_program(program)
        stack.await_ready()


def noticed(stack: Stack, name: str, traffic: Traffic, before: dict[str, int]) -> None:
    """Wait until the parts that a line joins have found out, by their own limits, that nothing comes."""
    if name in SEEN_BY_CLIENTS:
        traffic.refused(NOTICED_WITHIN_SECONDS)
    elif LINES[name].setting == "AMQP_URL":
        (program,) = LINES[name].programs
        if program.endswith("-relay"):
            eventually(lambda: stack.pid(program) != before[program], NOTICED_WITHIN_SECONDS, "the relay ends")
        else:
            eventually(lambda: not ready(stack, program), NOTICED_WITHIN_SECONDS, "the consumer is not ready")
    else:
        waited = len(logged(stack, "gateway-worker", event="database_down_waiting"))
        eventually(
            lambda: len(logged(stack, "gateway-worker", event="database_down_waiting")) > waited,
            NOTICED_WITHIN_SECONDS,
            "the consumer waits for its database",
        )


def with_a_key_of_nobody(client: Client) -> Answer:
    """A call with a token that names a key which the gateway has to ask identity for."""
    header, _, rest = client.token.partition(".")
    named = json.loads(urlsafe_b64decode(header + "==")) | {"kid": "nobody"}
    token = f"{urlsafe_b64encode(json.dumps(named).encode()).decode().rstrip('=')}.{rest}"
    return client.call("GET", "/v1/wallet", headers={"Authorization": f"Bearer {token}"} | IN_TIME)


IN_TIME = {"Emitra-Timeout-Ms": str(TIMEOUT_MS)}
# Nobody pays through these: the request that needs each, and what it is answered when the line is well.
ASIDE: dict[str, tuple[Callable[[Client], Answer], int]] = {
    "gateway to identity": (lambda client: client.sign_in(**IN_TIME), 200),
    "gateway to kiosk-registry": (lambda client: client.get(f"/v1/kiosks/{client.kiosk_id}", **IN_TIME), 200),
    "kiosk-registry to MongoDB": (lambda client: client.get(f"/v1/kiosks/{client.kiosk_id}", **IN_TIME), 200),
    "gateway to MongoDB": (lambda client: client.get("/v1/transactions/EMH1TPZP6R1NYHP", **IN_TIME), 404),
}
# Cards only; and a look at the keys, which nobody waits for: these have tests of their own.
APART = {"billing to the provider", "gateway to identity's keys", *ASIDE}


@pytest.mark.parametrize("name", [name for name in [*LINES, *ROUTES] if name not in APART])
def test_a_black_hole_is_noticed_in_time_and_survived(
    stack: Stack, platform: Platform, lines: dict[str, BlackHole], name: str
) -> None:
    before = {program: stack.pid(program) for program in PROGRAMS}
    with Traffic(platform, fees=True) as traffic:
        traffic.more(3)
        lines[name].swallow()
        try:
            noticed(stack, name, traffic, before)
            if name not in SEEN_BY_CLIENTS:
                traffic.more(3)
        finally:
            lines[name].forward()
        eventually(lambda: all(map(stack.pid, PROGRAMS)), RECOVERED_WITHIN_SECONDS, "every program is up")
        traffic.more(3)
    stack.await_ready(PROGRAMS)
    assert_each_paid_once(stack, traffic.promised)
    # An API and a worker wait for what is away; only a relay's rule is to end when in doubt.
    assert all(stack.pid(program) == before[program] for program in PROGRAMS if not program.endswith("-relay"))


@pytest.mark.parametrize("name", ASIDE)
def test_what_needs_a_black_hole_is_refused_in_time_and_people_go_on_paying(
    stack: Stack, platform: Platform, lines: dict[str, BlackHole], name: str
) -> None:
    ask, well = ASIDE[name]
    kiosk = platform.client("kiosk-jaipur")
    assert ask(kiosk).status == well
    with Traffic(platform, fees=True) as traffic:
        lines[name].swallow()
        try:
            began = time.monotonic()
            answer = ask(kiosk)
            assert time.monotonic() - began < LONGEST_REQUEST_SECONDS
            assert answer.status in {503, 504}, answer
            assert answer.json["retryable"] is True
            traffic.more(5)
        finally:
            lines[name].forward()
        eventually(lambda: ask(kiosk).status == well, RECOVERED_WITHIN_SECONDS, f"{name} is well again")
    assert not traffic.refusals
    assert_each_paid_once(stack, traffic.promised)


def test_while_identitys_keys_cannot_be_fetched_those_at_hand_are_used(
    stack: Stack, platform: Platform, lines: dict[str, BlackHole]
) -> None:
    kiosk, hole = platform.client("kiosk-jaipur"), lines["gateway to identity's keys"]
    before = len(logged(stack, "gateway-api", event="identity_keys_not_fetched"))

    def tried_in_vain() -> bool:
        began = time.monotonic()
        assert with_a_key_of_nobody(kiosk).status == 401
        assert time.monotonic() - began < LONGEST_REQUEST_SECONDS
        return len(logged(stack, "gateway-api", event="identity_keys_not_fetched")) > before

    with Traffic(platform, fees=True) as traffic:
        hole.swallow()
        try:
            eventually(tried_in_vain, NOTICED_WITHIN_SECONDS, "the gateway asks for a key that it does not know")
            traffic.more(5)
        finally:
            hole.forward()
    assert not traffic.refusals
    assert_each_paid_once(stack, traffic.promised)


@pytest.mark.parametrize("answers_only", [True, False])
def test_a_card_whose_authorisation_nobody_knows_of_is_asked_about_and_wallets_go_on(
    stack: Stack, platform: Platform, lines: dict[str, BlackHole], answers_only: bool
) -> None:
    hole, key = lines["billing to the provider"], new_key()
    portal = platform.client("portal-sandbox")
    bill = portal.fetch_bill(f"20000000077{int(answers_only)}")
    with Traffic(platform, fees=True) as traffic:
        hole.swallow(answers_only=answers_only)
        try:
            answer = portal.pay(bill, key, mode="CARD", payment_instrument="tok_sandbox_ok")
            assert answer.status == 202, answer
            assert answer.json["state"] == "AUTH_UNKNOWN"
            traffic.more(5)
        finally:
            hole.forward()
    assert not traffic.refusals
    assert_each_paid_once(stack, traffic.promised)
    payment = assert_invariants(stack).payments[answer.json["payment_id"]]
    # What never reached the provider may be given up; what it may have taken is completed.
    assert payment["state"] in ({"COMPLETED"} if answers_only else {"COMPLETED", "AUTH_FAILED"})


def test_a_posting_whose_answer_never_comes_is_asked_about_and_not_repeated(
    stack: Stack, platform: Platform, lines: dict[str, BlackHole]
) -> None:
    hole = lines["billing to the biller"]
    kiosk, key = platform.client("kiosk-jaipur"), new_key()
    bill = kiosk.fetch_bill("200000000777")
    hole.swallow(answers_only=True)
    try:
        answer = kiosk.pay(bill, key)
        assert answer.status == 202, answer
        with database(stack, "billing") as billing:
            kept = billing.payments.find_one({"_id": answer.json["payment_id"]})
        assert kept
        assert kept["state"] == "POST_UNKNOWN"
    finally:
        hole.forward()
    assert_each_paid_once(stack, [Promised(key, bill["bill_id"], answer.json)])
    biller = stack.simulator_urls["biller-simulator"]
    audit = urllib3.request("GET", f"{biller}/control/payments?limit=100000", timeout=10).json()["payments"]
    received = [
        record["times_received"] for record in audit if record["request_id"].startswith(answer.json["payment_id"])
    ]
    assert received == [1]


def test_lines_that_are_cut_are_made_anew(stack: Stack, platform: Platform, lines: dict[str, BlackHole]) -> None:
    with Traffic(platform, fees=True) as traffic:
        for _ in range(3):
            traffic.more(3)
            for hole in lines.values():
                hole.reset()
        traffic.more(3)
    stack.await_ready(PROGRAMS)
    assert_each_paid_once(stack, traffic.promised)


def test_slow_lines_make_everything_slow_and_nothing_fail(
    stack: Stack, platform: Platform, lines: dict[str, BlackHole]
) -> None:
    before = [stack.pid(program) for program in PROGRAMS]
    with Traffic(platform, fees=True) as traffic:
        for hole in lines.values():
            hole.forward(delay_seconds=DELAY_SECONDS)
        try:
            traffic.more(5)
        finally:
            for hole in lines.values():
                hole.forward()
    assert not traffic.refusals
    assert_each_paid_once(stack, traffic.promised)
    assert [stack.pid(program) for program in PROGRAMS] == before


def test_a_consumer_that_is_told_to_stop_finishes_the_messages_it_has_begun(
    stack: Stack, platform: Platform, lines: dict[str, BlackHole]
) -> None:
    slow = lines["consumer to MongoDB"]  # so slow that it is always in the middle of one
    with Traffic(platform, fees=True) as traffic:
        slow.forward(delay_seconds=3 * DELAY_SECONDS)
        try:
            for _ in range(2):
                traffic.more(5)
                end(stack, "gateway-worker", signal.SIGTERM)
                stack.await_ready(["gateway-worker"])
                traffic.more(5)
                assert metric(stack, "gateway-worker", "emitra_messages_total", 'outcome="duplicate"') == 0
        finally:
            slow.forward()
    assert_each_paid_once(stack, traffic.promised)
    assert metric(stack, "gateway-worker", "emitra_messages_total", 'outcome="duplicate"') == 0


def test_programs_stop_in_time_while_their_lines_are_black_holes(
    stack: Stack, platform: Platform, lines: dict[str, BlackHole]
) -> None:
    with Traffic(platform, fees=True) as traffic:
        traffic.more(3)
        for name in ("relay to RabbitMQ", "consumer to RabbitMQ"):
            lines[name].swallow()
        try:
            for program in ("billing-relay", "gateway-worker"):
                end(stack, program, signal.SIGTERM)
        finally:
            for hole in lines.values():
                hole.forward()
        traffic.more(3)
    stack.await_ready(PROGRAMS)
    assert_each_paid_once(stack, traffic.promised)
