"""The keys that sign tokens change under traffic, and identity goes away: no request fails for it."""

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from emitra_local.stack import Stack
from tests.support.machines import machine
from tests.support.platform import Client, Platform, eventually

# Between the command and the key's first token. A process of identity's looks for new keys every five seconds, and the
# gateway asks for a key that it does not know, once in ten seconds; production waits ten minutes.
AFTER_SECONDS = 15
ASKERS = 3


class Askers:
    """Clients that get a new token each time and call a service with it through the gateway, and one that holds on to
    its first token; every answer is counted, by what was asked and its status."""

    def __init__(self, stack: Stack, platform: Platform) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.kids: list[str] = []
        self._platform = platform
        self._stopping = threading.Event()
        self._counting = threading.Lock()
        self._clients = [machine(stack, platform, ["billers:read"]) for _ in range(ASKERS + 1)]
        self._threads = [threading.Thread(target=self._ask_on, args=(client,)) for client in self._clients[:-1]]
        self._threads.append(threading.Thread(target=self._hold_on, args=(self._clients[-1],)))

    def _ask_on(self, client: Client) -> None:
        while not self._stopping.wait(0.05):
            answer = client.sign_in()
            self._count("token", answer.status)
            token = answer.json["access_token"]
            kid = kid_of(token)
            with self._counting:
                if kid not in self.kids:
                    self.kids.append(kid)
            called = self._platform.call("GET", "/v1/billers", headers={"Authorization": f"Bearer {token}"})
            self._count("call", called.status)

    def _hold_on(self, client: Client) -> None:
        assert client.token
        while not self._stopping.wait(0.1):
            self._count("call with the first token", client.get("/v1/billers").status)

    def _count(self, what: str, status: int) -> None:
        with self._counting:
            self.answers[what, status] += 1

    @contextmanager
    def at_work(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in self._threads:
                thread.join(60)


def kid_of(token: str) -> str:
    header = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])


def published(platform: Platform) -> set[str]:
    return {key["kid"] for key in platform.call("GET", "/.well-known/openid-jwks.json").json["keys"]}


def _are_published(platform: Platform, key_ids: set[str]) -> bool:
    return key_ids <= published(platform)


def _have_seen(askers: Askers, keys: int) -> bool:
    return len(askers.kids) == keys


def _were_answered(askers: Askers, least: int) -> bool:
    return bool(askers.answers["call", 200] > least)


@pytest.mark.long
def test_signing_keys_are_rotated_twice_under_traffic_and_no_request_fails(stack: Stack, platform: Platform) -> None:
    identity = stack.services["identity"]
    askers = Askers(stack, platform)
    with askers.at_work():
        eventually(lambda: len(askers.kids) == 1 and askers.answers["call", 200] > 20, 60, "calls are answered")
        for number in (2, 3):
            made = identity.command("rotate-signing-keys", "--after", str(AFTER_SECONDS)).split()
            coming = next(key_id for key_id in made if key_id.startswith("eddsa-"))
            eventually(partial(_are_published, platform, set(made)), 20, "the new keys are published")
            assert coming not in askers.kids
            eventually(partial(_have_seen, askers, number), AFTER_SECONDS + 60, "the new key signs")
            assert askers.kids[-1] == coming
            before = askers.answers["call", 200]
            eventually(partial(_were_answered, askers, before + 50), 60, "calls are answered")
        # The first key's tokens are still about, and it is not taken away from under them.
        assert identity.command("retire-signing-keys").strip() == "every key is needed"
        assert askers.kids[0] in published(platform)
    asked = {what for what, _ in askers.answers}
    assert asked == {"token", "call", "call with the first token"}
    assert {status for _, status in askers.answers} == {200}, askers.answers


@pytest.mark.long
def test_services_go_on_with_identity_down_until_the_tokens_end(stack: Stack, platform: Platform) -> None:
    kiosk = platform.client("kiosk-jaipur")
    assert kiosk.get("/v1/billers").status == 200
    programs = ["identity-api", "identity-worker"]
    for program in programs:
        stack.stop_program(program)
    try:
        answers: Counter[int] = Counter()
        give_up_at = time.monotonic() + 5
        for number in range(6_000, 9_000):
            if time.monotonic() > give_up_at:
                break
            bill: Any = kiosk.fetch_bill(f"20000000{number}")
            answers[kiosk.pay(bill).status] += 1
        assert set(answers) == {201}, answers
        # Who has no token gets none now, and is told to come back.
        away = platform.client("kiosk-jodhpur").sign_in()
        assert (away.status, away.json["retryable"]) == (503, True)
    finally:
        for program in programs:
            stack.start_program(program)
        stack.await_ready(programs)
    assert platform.client("kiosk-jodhpur").sign_in().status == 200
