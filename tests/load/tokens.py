"""Tokens, as people's apps and machines get them and as services verify them, beside the bare library (joserfc, which
Authlib stands on too): same machine, same minutes, and the size of the page that people sign in on.

Exits with 1 when a threshold is missed.
"""

import json
import secrets
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from rich.console import Console
from rich.table import Table

from emitra_local.stack import Stack, disposable_stack
from servicekit.http.auth import InternalTokenVerifier
from servicekit.tokens import signatures
from tests.load.measure import Load, Request, run_load, time_calls
from tests.load.servers import bare_endpoint, must_be
from tests.load.verdicts import THRESHOLDS, failed, verdict

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = 32
TOKENS, SLICE = 3_000, 500
WARM_UP = 300
VERIFICATIONS = 2_000

console = Console()


def main() -> int:
    bench_verifying()
    with disposable_stack(ROOT, in_memory=False, only=("identity", "gateway"), say=console.print) as stack:
        bench_issuing(stack)
        measure_page(stack)
    if failed:
        console.print(f"[red]below the threshold:[/] {', '.join(failed)}")
    return 1 if failed else 0


def bench_issuing(stack: Stack) -> None:
    table = Table(
        "tokens", "per second", "p50 ms", "p99 ms", "of the bare endpoint", title=f"Issued, {CLIENTS} clients"
    )
    known = [client for client in stack.run_info["clients"] if client["name"].startswith("load-")]
    asked = [_asking(known[number % len(known)]) for number in range(WARM_UP + TOKENS)]
    direct = stack.services["identity"].url
    # One process and as many threads as identity has (HTTP_THREADS).
    with bare_endpoint(stack, "tests.load.bare_token:make_app()", "/token", processes=1, threads=CLIENTS) as url:
        floor = [Request("POST", "/token", b"", {})] * SLICE
        for server, requests in ((url, floor), (direct, asked[:WARM_UP]), (stack.gateway_url, asked[:WARM_UP])):
            must_be(run_load(server, requests, CLIENTS), 200)
        bare, issued, through = Load(), Load(), Load()
        # In turn, slice by slice: a machine that others use too is not equally fast all the time.
        for start in range(WARM_UP, WARM_UP + TOKENS, SLICE):
            bare.add(run_load(url, floor, CLIENTS))
            issued.add(run_load(direct, asked[start : start + SLICE], CLIENTS))
            through.add(run_load(stack.gateway_url, asked[start : start + SLICE], CLIENTS))
    for load in (bare, issued, through):
        must_be(load, 200)
    signed = time_calls(_signing(), VERIFICATIONS)
    table.add_row("joserfc alone, one thread", f"{signed.per_second:,.0f}", "", "", "")
    ratio = issued.per_second / bare.per_second
    shown = verdict("tokens issued", ratio, THRESHOLDS["tokens_of_bare_endpoint"])
    for name, load, of_bare in (
        ("bare Flask + gunicorn (1×32), joserfc signs", bare, "1"),
        ("identity: who asks is known and proved, token signed", issued, shown),
        ("… through the gateway", through, f"{through.per_second / bare.per_second:.2f}"),
    ):
        table.add_row(
            name, f"{load.per_second:,.0f}", f"{load.percentile(50):.1f}", f"{load.percentile(99):.1f}", of_bare
        )
    console.print(table)


def bench_verifying() -> None:
    table = Table("verification in a service", "per second", "µs (median)", "of the bare library", title="One thread")
    key = OKPKey.generate_key("Ed25519", {"kid": "bench"})
    sign = _signing(key, iss="gateway", aud="bench", client_id="cli_bench", lives=60)
    headers = iter([f"Bearer {sign()}" for _ in range(2 * VERIFICATIONS)])
    verifier = InternalTokenVerifier("bench", json.dumps(KeySet([key]).as_dict(private=False)))
    keys, registry = KeySet([key]), signatures("EdDSA")
    checks = jwt.JWTClaimsRegistry(iss={"value": "gateway"}, aud={"value": "bench"})

    def bare() -> None:
        checks.validate(jwt.decode(next(headers)[7:], keys, registry=registry).claims)

    library = time_calls(bare, VERIFICATIONS)
    first = time_calls(lambda: verifier.authenticate(next(headers)), VERIFICATIONS)
    again_header = f"Bearer {sign()}"
    verifier.authenticate(again_header)
    again = time_calls(lambda: verifier.authenticate(again_header), VERIFICATIONS)
    ratio = first.percentile(50) / library.percentile(50)
    shown = verdict("first verification", ratio, THRESHOLDS["first_verification_times_bare"], at_most=True)
    microseconds = again.percentile(50) * 1000
    told = verdict("verification after the first", microseconds, THRESHOLDS["verification_again_us"], at_most=True)
    table.add_row("joserfc: signature and claims", *_rates(library), "1")
    table.add_row("servicekit, a token's first request", *_rates(first), shown)
    table.add_row("servicekit, its later requests", f"{again.per_second:,.0f}", told, "")
    console.print(table)


def measure_page(stack: Stack) -> None:
    app = next(client for client in stack.run_info["clients"] if client["kind"] == "app")
    asked = {
        "response_type": "code", "client_id": app["client_id"], "redirect_uri": app["redirect_uris"][0],
        "scope": "openid", "state": "s", "code_challenge": "c" * 43, "code_challenge_method": "S256",
    }  # fmt: skip
    url = f"{stack.gateway_url}/v1/oauth2/authorize?{urlencode(asked)}"
    page = urllib3.request("GET", url, headers={"Accept": "text/html"})
    if page.status != 200:
        raise SystemExit(f"the benchmark is void: the page answered {page.status}")
    shown = verdict("sign-in page", len(page.data), THRESHOLDS["sign_in_page_bytes"], at_most=True)
    console.print(f"The sign-in page, all that a browser needs for it: {shown} bytes\n")


def _asking(client: dict[str, Any]) -> Request:
    credentials = urllib3.make_headers(basic_auth=f"{client['client_id']}:{client['client_secret']}")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", "/v1/oauth2/token", b"grant_type=client_credentials", {**credentials, **form})


def _signing(key: OKPKey | None = None, *, lives: int = 900, **claims: str) -> Any:
    """Signs claims of a kiosk's size, each token another one."""
    signer, registry = key or OKPKey.generate_key("Ed25519", {"kid": "bench"}), signatures("EdDSA")
    scope = "billers:read bills:fetch payments:read payments:write applications:read applications:write"
    now = int(time.time())
    said = {"sub": "cli_bench", "scope": scope, "iat": now, "exp": now + lives, "kiosk_id": "ksk_RJ10200001", **claims}
    head = {"alg": "EdDSA", "typ": "at+jwt", "kid": "bench"}
    return lambda: jwt.encode(head, said | {"jti": secrets.token_hex(12)}, signer, registry=registry)


def _rates(load: Load) -> tuple[str, str]:
    return f"{load.per_second:,.0f}", f"{load.percentile(50) * 1000:,.0f}"


if __name__ == "__main__":
    sys.exit(main())
