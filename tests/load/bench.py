"""`make bench`: what the platform does per second, beside floors measured in the same run on the same servers.

Prints tables; exits with 1 when a ratio of thresholds.toml is missed.
"""

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import pymongo
from rich.console import Console
from rich.table import Table

from emitra_local.stack import Stack, disposable_stack
from tests.load.measure import Load, Request, run_load
from tests.load.register import bench_register
from tests.load.servers import bare_endpoint, must_be
from tests.load.verdicts import THRESHOLDS, failed, verdict
from tests.support.platform import Platform, eventually, new_key

ROOT = Path(__file__).resolve().parents[2]

# As many as the services' request threads (HTTP_THREADS).
CLIENTS = 32
PAYMENTS = 4_000
SLICE = 500
WARM_UP = 200

console = Console()


def main() -> int:
    random.seed(20261123)
    with disposable_stack(ROOT, in_memory=False, say=console.print) as stack:
        platform = Platform(stack.run_info)
        bench_payments(stack, platform)
        bench_register(stack, platform, console)
    if failed:
        console.print(f"[red]below the threshold:[/] {', '.join(failed)}")
    return 1 if failed else 0


# ---- payments beside a bare endpoint ------------------------------------------------------------------------------


def bench_payments(stack: Stack, platform: Platform) -> None:
    table = Table(
        "payments", "per second", "p50 ms", "p99 ms", "of the bare endpoint", title=f"End to end, {CLIENTS} clients"
    )
    names = [known["name"] for known in platform.run_info["clients"] if known["name"].startswith("load-")]
    clients = [platform.client(name) for name in names]
    fetches = [
        Request(
            "POST",
            "/v1/bill-fetches",
            json.dumps({"biller_id": "JVVNL", "customer_params": {"k_number": f"2{number:011d}"}}).encode(),
            authorised(clients[number % len(clients)].token),
        )
        for number in range(WARM_UP + PAYMENTS)
    ]
    fetched = run_load(stack.gateway_url, fetches, CLIENTS, keep_bodies=True)
    must_be(fetched, 201)
    # A bill belongs to whoever fetched it: fetched bodies come back in no order, so ask each client's own.
    bills: list[list[tuple[str, dict[str, Any]]]] = []
    for client in clients:
        mine = [request for request in fetches if request.headers["Authorization"] == f"Bearer {client.token}"]
        load = run_load(stack.gateway_url, [renewed(request) for request in mine], CLIENTS, keep_bodies=True)
        must_be(load, 201)
        bills.append([(client.token, json.loads(body)["bills"][0]) for body in load.bodies])
    payments = [
        Request(
            "POST",
            "/v1/payments",
            json.dumps({"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET"}).encode(),
            authorised(token),
        )
        # In turn: a centre has one counter, so two payments from one wallet are seldom in progress together.
        for turn in zip(*bills, strict=True)
        for token, bill in turn
    ]
    must_be(run_load(stack.gateway_url, payments[:WARM_UP], CLIENTS), 201)
    view = database(stack, "gateway").transactions
    before = view.count_documents({"events.type": "payment.completed"})
    bare, paid, behind = Load(), Load(), 0.0
    with bare_endpoint(stack, "tests.load.bare:make_app()", "/v1/bare", processes=2, threads=8) as url:
        run_load(url, bare_requests(WARM_UP), CLIENTS)
        # In turn, slice by slice: a machine that others use too is not equally fast all the time.
        for start in range(WARM_UP, WARM_UP + PAYMENTS, SLICE):
            bare.add(run_load(url, bare_requests(SLICE), CLIENTS))
            paid.add(run_load(stack.gateway_url, payments[start : start + SLICE], CLIENTS))
            began = time.perf_counter()
            eventually(
                lambda: view.count_documents({"events.type": "payment.completed"}) >= before + len(paid.seconds),
                120,
                "all are in the view",
            )
            behind += time.perf_counter() - began
    must_be(bare, 201)
    must_be(paid, 201)
    row(table, "bare Flask + gunicorn (2×8), four documents in a transaction", bare, "1")
    name = "bill fetches through the gateway (one write each)"
    row(table, name, fetched, f"{fetched.per_second / bare.per_second:.2f}")
    ratio = paid.per_second / bare.per_second
    threshold = THRESHOLDS["payments_of_bare_endpoint"]
    row(table, "payments: gateway, billing, biller, two transactions", paid, verdict("payments", ratio, threshold))
    seen = PAYMENTS / (paid.took + behind)
    table.add_row(
        "… until each is in the transactions view too", f"{seen:,.0f}", "", "", f"{seen / bare.per_second:.2f}"
    )
    console.print(table)
    stack.services["billing"].command("check-books")
    console.print("the books balance after it\n")


def bare_requests(count: int) -> list[Request]:
    body = json.dumps(
        {"bill_id": new_key(), "amount": {"amount": 152500, "currency": "INR"}, "mode": "WALLET"}
    ).encode()
    return [Request("POST", "/v1/bare", body, {"Content-Type": "application/json"})] * count


def authorised(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": new_key()}


def renewed(request: Request) -> Request:
    return Request(request.method, request.path, request.body, {**request.headers, "Idempotency-Key": new_key()})


def row(table: Table, name: str, load: Load, ratio: str) -> None:
    table.add_row(name, f"{load.per_second:,.0f}", f"{load.percentile(50):.1f}", f"{load.percentile(99):.1f}", ratio)


def database(stack: Stack, service: str) -> Any:
    client: Any = pymongo.MongoClient(stack.infrastructure.mongodb_uri)
    return client[stack.infrastructure.database_of(service)]


if __name__ == "__main__":
    sys.exit(main())
