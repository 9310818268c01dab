"""The register of centres: the nearest ones and an import, each beside the same work straight at the database, and
heartbeats.

`python -m tests.load.register` alone, or as a part of `make bench`. Exits with 1 when a threshold is missed.
"""

import itertools
import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pymongo
import urllib3
from joserfc import jwt
from joserfc.jwk import OKPKey
from rich.console import Console
from rich.table import Table

from emitra_local.stack import Stack, disposable_stack
from tests.load.measure import Load, Request, run_load, time_calls
from tests.load.servers import must_be
from tests.load.verdicts import THRESHOLDS, failed, verdict
from tests.support.platform import Platform, eventually, new_key

ROOT = Path(__file__).resolve().parents[2]
CALLS = 400
WARM_UP = 200
STATE, GROWN = 40_000, 85_000
ROWS_AT_ONCE = 1_000  # as the import writes them
PIECE_BYTES = 1024 * 1024
# 40,000 centres that beat once a minute are 667 a second; 5,000 come at once when a district's line is back.
STEADY, BURST = 4_000, 5_000
BEATING, BEATING_CLIENTS = 400, 32
FAR_AWAY = (0.0, 0.0)


def main() -> int:
    console = Console()
    random.seed(20261123)
    only = ("identity", "kiosk-registry", "gateway")
    with disposable_stack(ROOT, in_memory=False, only=only, say=console.print) as stack:
        bench_register(stack, Platform(stack.run_info), console)
    if failed:
        console.print(f"[red]below the threshold:[/] {', '.join(failed)}")
    return 1 if failed else 0


def bench_register(stack: Stack, platform: Platform, console: Console) -> None:
    """Grows the register to 85,000 centres: nothing that counts them may come after it."""
    table = Table("ten nearest", "p50 ms", "p99 ms", "× the query", title="Nearest centre, one client")
    at_first = nearest(stack, platform, table, STATE)
    bench_import(stack, console)
    bench_heartbeats(stack, console)
    bench_coverage(stack, console)
    stack.services["kiosk-registry"].command("load-centres", "--total", str(GROWN))
    grown = nearest(stack, platform, table, GROWN)
    # Each beside its own floor, so that a machine that others use too says nothing.
    shown = verdict("nearest of 85,000", grown / at_first, THRESHOLDS["nearest_when_grown"], at_most=True)
    table.add_row(f"of {GROWN:,} beside {STATE:,}, each by its own query", "", "", shown)
    console.print(table)


def nearest(stack: Stack, platform: Platform, table: Table, centres: int) -> float:
    """How many times as long as the query the service's answer takes, by the median."""
    kiosks = database(stack).kiosks
    spots = [(random.uniform(24.0, 29.5), random.uniform(70.5, 77.0)) for _ in range(CALLS)]
    todo = itertools.cycle(spots)

    def query() -> None:
        lat, lon = next(todo)
        near = {"$nearSphere": {"$geometry": {"type": "Point", "coordinates": [lon, lat]}}}
        assert len(list(kiosks.find({"location": near, "status": "ACTIVE"}).limit(10))) == 10

    time_calls(query, WARM_UP)
    raw = time_calls(query, CALLS)
    table.add_row(
        f"find($nearSphere).limit(10) of {centres:,}, from Python",
        f"{raw.percentile(50):.2f}",
        f"{raw.percentile(99):.2f}",
        "1",
    )

    def measured(url: str, token: str, places: list[tuple[float, float]], query: str = "") -> tuple[Load, float]:
        authorised = {"Authorization": f"Bearer {token}"}
        requests = [
            Request("GET", f"/v1/kiosks/nearest?lat={lat:.5f}&lon={lon:.5f}&limit=10{query}", None, authorised)
            for lat, lon in places
        ]
        run_load(url, requests[:WARM_UP], 1)
        load = run_load(url, requests, 1)
        must_be(load, 200)
        return load, load.percentile(50) / raw.percentile(50)

    service = stack.services["kiosk-registry"].url
    token = internal_token(stack, "kiosks:read")
    load, ratio = measured(service, token, spots)
    shown = verdict(f"nearest of {centres:,}", ratio, THRESHOLDS["nearest_times_raw_query"], at_most=True)
    table.add_row("the service's answer", f"{load.percentile(50):.2f}", f"{load.percentile(99):.2f}", shown)
    for name, places, narrowed in (
        ("… that are open, of which none has told its hours", spots[:50], "&open_now=true"),
        ("… from 0°, 0°", [FAR_AWAY] * 50, ""),
    ):
        load, times = measured(service, token, places, narrowed)
        table.add_row(name, f"{load.percentile(50):.2f}", f"{load.percentile(99):.2f}", f"{times:.2f}")
    load, times = measured(stack.gateway_url, platform.client("portal-sandbox").token, spots)
    table.add_row("through the gateway", f"{load.percentile(50):.2f}", f"{load.percentile(99):.2f}", f"{times:.2f}")
    return ratio


def bench_import(stack: Stack, console: Console) -> None:
    """An import of 40,000 new centres over HTTP, beside the same documents straight into a collection with the same
    indexes; a hundredth of the rows is bad."""
    table = Table("import of 40,000 rows", "rows per second", "of the insert", title="The register in")
    db = database(stack)
    floor = db.client["bench_register"].kiosks
    floor.drop()
    floor.create_indexes(
        [
            pymongo.IndexModel(index["key"], name=name)
            for name, index in db.kiosks.index_information().items()
            if name != "_id_"
        ]
    )
    documents = [renumbered(document) for document in db.kiosks.find().limit(STATE)]
    began = time.perf_counter()
    for start in range(0, len(documents), ROWS_AT_ONCE):
        floor.insert_many(documents[start : start + ROWS_AT_ONCE], ordered=False)
    raw = len(documents) / (time.perf_counter() - began)
    table.add_row("insert_many, the same documents and indexes", f"{raw:,.0f}", "1")

    content = file_of(documents)
    headers = {"Authorization": f"Bearer {internal_token(stack, 'kiosks:bulk')}"}
    url = stack.services["kiosk-registry"].url
    pieces = [content[at : at + PIECE_BYTES] for at in range(0, len(content), PIECE_BYTES)]
    began = time.perf_counter()
    body = {"dry_run": False, "pieces": len(pieces)}
    operation = urllib3.request(
        "POST", f"{url}/v1/kiosk-imports", json=body, headers=headers | {"Idempotency-Key": new_key()}
    ).json()["id"]
    for number, piece in enumerate(pieces):
        address = f"{url}/v1/kiosk-imports/{operation}/pieces/{number}"
        assert urllib3.request("PUT", address, body=piece, headers=headers | {"Content-Type": "text/csv"}).status == 200
    urllib3.request("POST", f"{url}/v1/kiosk-imports/{operation}/runs", headers=headers)
    operations = db.kiosk_operations
    eventually(lambda: operations.find_one({"_id": operation, "state": "DONE"}), 120, "the import is done")
    rate = len(documents) / (time.perf_counter() - began)
    counts = operations.find_one({"_id": operation})["counts"]
    assert (counts["added"], counts["refused"]) == (STATE - STATE // 100, STATE // 100), counts
    shown = verdict("import", rate / raw, THRESHOLDS["import_of_raw_insert"])
    table.add_row("the service: upload, checks, batches, until it is done", f"{rate:,.0f}", shown)
    console.print(table)
    db.kiosks.delete_many({"_id": {"$gte": "ksk_RJ9"}})
    floor.drop()


def bench_heartbeats(stack: Stack, console: Console) -> None:
    """Straight at the service, one api process, each centre with its own token; then 5,000 at once."""
    table = Table("heartbeats", "per second", "p50 ms", "p99 ms", title=f"Signs of life, {BEATING_CLIENTS} clients")
    db = database(stack)
    kiosk_ids = [kiosk["_id"] for kiosk in db.kiosks.find({"status": "ACTIVE"}, {"_id": True}).limit(BEATING)]
    tokens = [internal_token(stack, "kiosks:report", kiosk_id) for kiosk_id in kiosk_ids]
    url = stack.services["kiosk-registry"].url

    def beats(count: int) -> list[Request]:
        body = {"machine": "bench-machine", "components": {"emitra-client": "2.10.1"}}
        content = json.dumps(body | {"sent_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}).encode()
        return [
            Request(
                "POST",
                f"/v1/kiosks/{kiosk_ids[number % BEATING]}/heartbeats",
                content,
                {"Authorization": f"Bearer {tokens[number % BEATING]}", "Content-Type": "application/json"},
            )
            for number in range(count)
        ]

    must_be(run_load(url, beats(BEATING), BEATING_CLIENTS), 200)
    for name, count in (("a minute's worth, steadily", STEADY), ("a burst", BURST)):
        load = run_load(url, beats(count), BEATING_CLIENTS)
        must_be(load, 200)
        shown = verdict(f"heartbeats: {name}", load.per_second, THRESHOLDS["heartbeats_per_second"])
        table.add_row(
            f"{name}: {count:,} in {load.took:.1f} s", shown, *(f"{load.percentile(p):.1f}" for p in (50, 99))
        )
    assert db.kiosk_lives.count_documents({}) == BEATING, "one record for each centre, however often it was heard"
    console.print(table)


def bench_coverage(stack: Stack, console: Console) -> None:
    """The answer for the whole state, once the worker has counted it."""
    table = Table("coverage of the state", "p50 ms", "p99 ms", title="From the summary that is kept, one client")
    eventually(database(stack).coverage_summaries.find_one, 300, "the coverage is counted")
    authorised = {"Authorization": f"Bearer {internal_token(stack, 'kiosks:read')}"}
    url = stack.services["kiosk-registry"].url
    load = run_load(url, [Request("GET", "/v1/coverage", None, authorised)] * 100, 1)
    must_be(load, 200)
    threshold = THRESHOLDS["coverage_ms"]
    shown = verdict("coverage", load.percentile(99), threshold, at_most=True)
    table.add_row("the service's answer", f"{load.percentile(50):.2f}", shown)
    console.print(table)


def renumbered(document: dict[str, Any]) -> dict[str, Any]:
    """The same centre under a code that is nobody's: districts end at 999, the state's at 639."""
    code = f"RJ9{document['code'][3:]}"
    return document | {"_id": f"ksk_{code}", "code": code}


def file_of(documents: list[dict[str, Any]]) -> bytes:
    """The centres as the register writes them, every hundredth of a kind that there is not."""

    def lines() -> Iterator[str]:
        yield "code,name_en,name_hi,kind,district_code,lsp_id,lat,lon,status,approved_at,pin,tehsil_code,services,hours"
        for number, document in enumerate(documents, start=1):
            lon, lat = document["location"]["coordinates"]
            approved_at = document["approved_at"]
            cells = [
                *(document[name] for name in ("code", "name_en", "name_hi")),
                document["kind"] if number % 100 else "CITY",
                *(document[name] for name in ("district_code", "lsp_id")),
                str(lat),
                str(lon),
                document["status"],
                f"{approved_at:%Y-%m-%dT%H:%M:%SZ}" if approved_at else "",
            ]
            yield ",".join([*cells, "", "", "", ""])

    return "\r\n".join(lines()).encode()


def database(stack: Stack) -> Any:
    client: Any = pymongo.MongoClient(stack.infrastructure.mongodb_uri)
    return client[stack.infrastructure.database_of("kiosk-registry")]


def internal_token(stack: Stack, scope: str, kiosk_id: str | None = None) -> str:
    """What the gateway sends to the service, so that the service can be measured without it."""
    key = OKPKey.import_key(json.loads(stack.secrets.ed25519("internal-token")))
    at = int(time.time())
    claims = {"iss": "gateway", "aud": "kiosk-registry", "client_id": "cli_bench", "scope": scope}
    claims |= {"kiosk_id": kiosk_id} if kiosk_id else {}
    header = {"alg": "Ed25519", "kid": key.kid}
    return jwt.encode(header, claims | {"iat": at, "exp": at + 60}, key, algorithms=["Ed25519"])


if __name__ == "__main__":
    sys.exit(main())
