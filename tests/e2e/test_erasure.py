"""Somebody asks to be erased: every service answers, what is in the way is named, and what goes is gone everywhere."""

import json
import secrets
import subprocess
from collections.abc import Callable
from typing import Any, cast

import pymongo
import pytest

from emitra_local.stack import Stack
from tests.e2e.test_opening import DOCUMENTS, a_form
from tests.e2e.test_sign_in import Person, person, tokens_of
from tests.support.numbers_of_people import places
from tests.support.platform import APPLICATION, Answer, Platform, eventually, new_key

__all__ = ["person"]

REDIRECT = "http://127.0.0.1:8767/signed-in"
SCOPES = [
    "applications:read", "applications:write", "bills:fetch", "centre-applications:read", "centre-applications:write",
    "kiosks:read", "payments:read", "payments:write", "privacy:own", "transactions:read",
]  # fmt: skip
SERVICES = ["billing", "certificates", "gateway", "kiosk-registry"]
# An answer follows within a minute what it is about, and an erasure runs within another.
WITHIN_SECONDS = 240.0
# What a write was is in there until newer writes take its place; no program reads it.
OPLOG = "local.oplog.rs"

Citizen = Callable[..., Answer]


@pytest.fixture
def citizen(stack: Stack, platform: Platform, person: Person) -> Citizen:
    """Calls as somebody who signed in, in an app with scopes of a citizen's own things."""
    words = [word for scope in SCOPES for word in ("--scope", scope)]
    command = [str(stack.services["identity"].executable), "create-client", "--name", "Own things", "--kind", "app"]
    created = subprocess.run(
        [*command, "--redirect-uri", REDIRECT, *words],
        env=stack.env_of("identity", "api"),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    app = {"name": "own-things", "redirect_uris": [REDIRECT], **json.loads(created.stdout)}
    with_it = Platform({**platform.run_info, "clients": [*platform.run_info["clients"], app]}, platform.http)
    _, tokens = tokens_of(with_it, person, app_name="own-things", scope=" ".join(["openid", *SCOPES]))

    def call(method: str, path: str, body: Any = None) -> Answer:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return platform.call(method, path, body, headers | ({"Idempotency-Key": new_key()} if method == "POST" else {}))

    return call


def made(answer: Answer, status: int = 201) -> Any:
    assert answer.status == status, answer
    return answer.json


def where(stack: Stack, marker: str) -> set[str]:
    """Every collection, queue and log that has these words."""
    return {place.name for place in places(stack, ()) if marker in place.text and place.name != OPLOG}


def is_in(stack: Stack, collections: set[str], marker: str) -> bool:
    """Whether one of these collections has the words; to look at everything again and again would slow it all."""
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri) as client:
        named = [name.partition(".") for name in collections]
        return any(marker in repr(row) for database, _, name in named for row in client[database][name].find())


def test_an_erasure_waits_for_what_is_pending_then_runs_and_leaves_only_what_it_named(
    stack: Stack, platform: Platform, citizen: Citizen
) -> None:
    marker = f"Marker {secrets.token_hex(6)} Marg"
    applicant: dict[str, Any] = {**cast("dict[str, Any]", APPLICATION["applicant"]), "address": marker}
    application = APPLICATION | {"applicant": applicant}
    taken_back = made(citizen("POST", "/v1/applications", application))["application_id"]
    made(citizen("POST", f"/v1/applications/{taken_back}/withdrawals", {}))
    form = a_form()
    form["premises"]["address"] = marker
    assert form["documents"] == DOCUMENTS
    opening = made(citizen("POST", "/v1/centre-applications", form))["opening_id"]
    asked_for = {"biller_id": "JVVNL", "customer_params": {"k_number": "200000009811"}}
    bill = made(citizen("POST", "/v1/bill-fetches", asked_for))["bills"][0]
    card = {"mode": "CARD", "payment_instrument": "tok_sandbox_ok"}
    paid = citizen("POST", "/v1/payments", {"bill_id": bill["bill_id"], "amount": bill["amount"], **card})
    assert paid.status in (201, 202), paid
    written = where(stack, marker)
    assert {name.rpartition(".")[2] for name in written} >= {"applications", "openings"}, "the scan sees"

    took = made(citizen("GET", "/v1/privacy/export"), 200)
    assert [part["service"] for part in took["parts"]] == SERVICES
    kept = {part["service"]: made(citizen("GET", part["href"]), 200)["items"] for part in took["parts"]}
    ids = {service: {item["id"] for item in items} for service, items in kept.items()}
    assert taken_back in ids["certificates"]
    assert opening in ids["kiosk-registry"]
    assert paid.json["payment_id"] in ids["billing"]

    erasure = made(citizen("POST", "/v1/privacy/erasures"), 202)
    path = f"/v1/privacy/erasures/{erasure['erasure_id']}"

    def answered() -> Any:
        seen = made(citizen("GET", path), 200)
        done = not seen["unanswered"] and [hold["subject"] for hold in seen["holds"]] == [opening]
        return seen if done and seen["keeps"] else None

    held = eventually(answered, WITHIN_SECONDS, "every service has answered, and one thing is in the way")
    assert held["stage"] == "held"
    assert (held["holds"][0]["service"], held["holds"][0]["reason"]) == ("kiosk-registry", "application-pending")
    assert [(kept["service"], kept["reason"]) for kept in held["keeps"]] == [("billing", "books-of-account")]
    for said in (*held["holds"], *held["keeps"]):
        assert said["order"].startswith("Digital Personal Data Protection Act, 2023")
        assert said["title"]["en"].isascii()
        assert not said["title"]["hi"].isascii()

    made(citizen("POST", f"/v1/centre-applications/{opening}/moves", {"act": "withdraw"}))
    refused = eventually(
        # Between the erasure and the word of it to the gateway identity itself refuses, with 403.
        lambda: answer if (answer := citizen("GET", path)).status == 401 else None,
        WITHIN_SECONDS,
        "it runs by itself",
    )
    assert (refused.json["code"], refused.json["why"]) == ("token-withdrawn", "sign-in-ended")
    eventually(lambda: not is_in(stack, written, marker), WITHIN_SECONDS, "what was to go is gone where it was")
    assert where(stack, marker) == set()
