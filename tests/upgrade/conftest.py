"""The previous release's data, broker and settings under this release's programs: one stack for all tests of it. Then,
marked `long`, under programs of both releases: each service at head beside the others as they were released, and each
as it was released beside the others at head.

They run in any order, and `billing migrate` runs somewhere among them: before it and after it the same has to hold.
"""

import functools
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import urllib3

from emitra_local.releases import Release, checkout, last_release
from emitra_local.stack import Stack
from tests.support.platform import Client, Platform, eventually
from tests.upgrade.release import CapturedRelease
from tests.upgrade.states import Promise

PREVIOUS = "0.1.0"
ROOT = Path(__file__).resolve().parents[2]
RELEASED = sorted(path.name for path in (Path(__file__).parent / PREVIOUS / "data").iterdir())
# What is pending in the sandbox is decided after this, seconds.
DECIDED_AFTER_SECONDS = 600


@pytest.fixture(scope="session")
def release() -> CapturedRelease:
    return CapturedRelease(Path(__file__).parent / PREVIOUS)


@pytest.fixture(scope="session")
def promises(release: CapturedRelease) -> Mapping[str, Promise]:
    """By name what the previous release's clients had asked for, and what it answered."""
    return release.promises


def mixtures() -> Iterator[Any]:
    """The parameters: those services that run as they were released, none of them first."""
    yield pytest.param(set[str](), id="all at head")
    for service in RELEASED:
        others = {other for other in RELEASED if other != service}
        yield pytest.param(others, id=f"only {service} at head", marks=pytest.mark.long)
        yield pytest.param({service}, id=f"only {service} released", marks=pytest.mark.long)


@pytest.fixture(scope="session", params=mixtures())
def old(request: pytest.FixtureRequest) -> set[str]:
    """The services that run as they were released; the others are at head."""
    return set(request.param)


def last_release_of(service: str) -> Release:
    last = last_release(ROOT, f"services/{service}")
    assert last, f"{service} is in the capture and was never released"
    return last


@pytest.fixture(scope="session")
def stack(release: CapturedRelease, old: set[str]) -> Iterator[Stack]:
    checkouts = {service: checkout(ROOT, last_release_of(service)) for service in old}
    # A service that is not released yet has nothing to say beside those that are older than it.
    with release.upgraded(ROOT, checkouts, only=RELEASED if old else ()) as started:
        yield started


@pytest.fixture(scope="session")
def platform(stack: Stack) -> Platform:
    return Platform(stack.run_info)


@pytest.fixture(scope="session")
def client(platform: Platform) -> Callable[[str], Client]:
    """Sandbox clients by name, with the secrets that the previous release gave them."""
    return functools.cache(platform.client)


@pytest.fixture(scope="session")
def partners_decided(stack: Stack, client: Callable[[str], Client], promises: Mapping[str, Promise]) -> None:
    """The biller and the provider have decided on what was pending; and until they had, it was in doubt here too."""
    biller, provider = (stack.simulator_urls[name] for name in ("biller-simulator", "psp-simulator"))
    pending = promises["pending"].answer["payment_id"]

    def asked() -> bool:
        return bool(client("kiosk-jaipur").get(f"/v1/payments/{pending}").json["status"] == "IN_DOUBT")

    eventually(asked, what="the pending payment is in doubt")
    for partner in (biller, provider):
        body = {"advance_seconds": DECIDED_AFTER_SECONDS}
        assert urllib3.request("POST", f"{partner}/control/clock", json=body, timeout=10).status == 200


@pytest.fixture(scope="session")
def biller_called(stack: Stack, partners_decided: None, promises: Mapping[str, Promise]) -> None:
    """The biller says that it has decided on the payment that people have, under the secret of the previous release."""
    settings = stack.env_of("billing", "api")
    request_id = f"{promises['with people'].answer['payment_id']}:post"
    body = json.dumps({"request_id": request_id, "status": "SUCCESS", "sequence": 1}).encode()
    signature = hmac.new(settings["BILLER_CALLBACK_SECRET"].encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Signature": signature}
    answer = urllib3.request("POST", settings["BILLER_CALLBACK_URL"], body=body, headers=headers, timeout=10)
    assert answer.status == 204, answer.data


@pytest.fixture(scope="session")
def letter_redriven(stack: Stack) -> None:
    """People on call have sent the one parked letter again."""
    assert "re-drove 1 letter of 1" in stack.services["gateway"].command(
        "dead-letters", "redrive", "--reason", "no reason was given"
    )
