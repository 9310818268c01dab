"""The register of centres as a file, through the gateway; nobody's place in a log."""

from typing import Any

import urllib3

from emitra_local.stack import Stack
from tests.support.machines import machine
from tests.support.platform import Platform, eventually

COLUMNS = "code,name_en,name_hi,kind,district_code,lsp_id,lat,lon,status,approved_at,pin,tehsil_code,services,hours"


def test_the_register_goes_out_and_comes_in_through_the_gateway(stack: Stack, platform: Platform) -> None:
    keeper = machine(stack, platform, ["kiosks:bulk", "kiosks:read"])
    district = {"district": "103"}
    accepted = keeper.post("/v1/kiosk-exports", district)
    assert accepted.status == 202
    address = accepted.headers["Location"]

    def done(where: str) -> dict[str, Any] | None:
        operation = keeper.get(where).json
        return operation if operation["done"] else None

    exported = eventually(lambda: done(address), 60, "the export is done")
    assert exported["error"] is None
    pieces = exported["metadata"]["pieces"]
    authorised = {"Authorization": f"Bearer {keeper.token}"}
    file_of = f"{stack.gateway_url}/v1/kiosk-exports/{exported['id']}/pieces"
    content = b"".join(urllib3.request("GET", f"{file_of}/{n}", headers=authorised).data for n in range(pieces))
    assert content.decode("utf-8-sig").splitlines()[0] == COLUMNS
    assert len(content.splitlines()) == 392

    begun = keeper.post("/v1/kiosk-imports", {"dry_run": False, "pieces": 1})
    assert begun.status == 201
    piece = f"{stack.gateway_url}/v1/kiosk-imports/{begun.json['id']}/pieces/0"
    sent = urllib3.request("PUT", piece, body=content, headers=authorised | {"Content-Type": "text/csv"})
    assert sent.status == 200
    assert keeper.post(f"/v1/kiosk-imports/{begun.json['id']}/runs", b"").status == 202

    imported = eventually(lambda: done(begun.headers["Location"]), 60, "the import is done")
    assert imported["response"] == {
        "rows": 391, "added": 0, "changed": 0, "unchanged": 391, "refused": 0, "pieces": 1,
    }  # fmt: skip


def test_nobodys_place_is_in_a_log(stack: Stack, platform: Platform) -> None:
    anyone = platform.client("portal-sandbox")
    asked = anyone.get("/v1/kiosks/nearest?lat=26.98765&lon=75.12345")
    refused = anyone.get("/v1/kiosks/nearest?lat=26.98765&lon=275.12345")
    assert (asked.status, refused.status) == (200, 422)

    logs = {file.name: file.read_text(errors="replace") for file in (stack.state / "logs").iterdir()}

    assert asked.headers["X-Request-Id"] in logs["kiosk-registry-api.log"], "requests are logged at all"
    assert [name for name, text in logs.items() if "26.98765" in text or "5.12345" in text] == []
