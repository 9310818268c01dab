"""The list of every fee, for everybody, and a draft order tried on a month of stored payments."""

import json
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.world import World, another_consumer, json_of
from typer.testing import CliRunner

from billing.domain.calendar import civil_day
from billing.entrypoints import commands as billing_commands
from billing.entrypoints.tariff_commands import first_of_month
from servicekit.instants import utc_now

ORDER = """\
orders:
  - name: A draft
    name_hi: एक मसौदा
    source: nobody
    effective_from: 2027-01-01
    rates:
      - {category: ELECTRICITY, slabs: [{up_to_paise: null, charge_paise: 700}]}
"""


def fees(world: World, on: str) -> dict[str, Any]:
    answer = world.http.get(f"/v1/fees?on={on}")
    assert answer.status_code == 200, answer.json
    listed: dict[str, Any] = json_of(answer)
    return listed


def test_anybody_reads_every_fee_of_a_day_by_the_order_that_sets_it(world: World) -> None:
    listed = {item["code"]: item for item in fees(world, "2026-11-27")["items"]}

    assert listed["ELECTRICITY"]["borne_by_department"] is True
    assert len(listed["ELECTRICITY"]["rule"]["slabs"]) == 3
    collection = listed["FEE_COLLECTION"]["rule"]
    assert collection["type"] == "PER_STARTED"
    assert [collection[name]["amount"] for name in ("up_to", "first", "step", "step_charge")] == [
        200_000, 1_000, 100_000, 200,
    ]  # fmt: skip
    assert (listed["MOBILE_PREPAID"]["rule"], listed["MOBILE_PREPAID"]["order"]) == (None, None)
    assert listed["PVC_CARD"]["rule"]["charge"]["amount"] == 3_000
    assert listed["RATION_CARD_NEW"]["effective_year"] is None
    assert all(item["order"] and item["order_hi"] for item in listed.values() if item["rule"])
    assert {item["tax"] for item in listed.values()} == {None}


def test_a_day_before_an_order_has_the_fees_of_before(world: World) -> None:
    listed = {item["code"]: item for item in fees(world, "2020-08-31")["items"]}

    assert listed["EXAM_FEE"]["rule"]["slabs"][0]["charge"]["amount"] == 3_000
    assert listed["FEE_COLLECTION"]["rule"] is None
    assert "PVC_CARD" not in listed


def test_examination_fees_are_listed_with_their_windows_and_what_is_unset_is_null(world: World) -> None:
    listed = fees(world, "2027-02-01")["examination_fees"]

    (sandbox,) = [fee for fee in listed if fee["examination"] == "ba-first-year"]
    assert [(window["name"], window["is_open"]) for window in sandbox["windows"]] == [
        ("plain", False), ("late", True), ("double", False),
    ]  # fmt: skip
    late = {row["category"]: row["amount"] for row in sandbox["windows"][1]["amounts"]}
    assert late == {
        "regular": {"amount": 90_000, "currency": "INR"},
        "private": {"amount": 130_000, "currency": "INR"},
        "exempt": None,
    }
    (mgsu,) = [fee for fee in listed if fee["biller_id"] == "MGSU"]
    assert [(window["from"], window["until"]) for window in mgsu["windows"]] == [(None, None)] * 3


@pytest.mark.parametrize("on", ["2026-02-30", "tomorrow", "20261127"])
def test_what_is_no_day_is_refused(world: World, on: str) -> None:
    answer = world.http.get(f"/v1/fees?on={on}")

    assert (answer.status_code, json_of(answer)["errors"][0]["code"]) == (422, "not-a-day")


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command of billing over the world's database."""

    @contextmanager
    def billing() -> Any:
        yield world.billing

    monkeypatch.setattr(billing_commands, "_billing", billing)
    return lambda *arguments: CliRunner().invoke(billing_commands.commands, list(arguments))


def test_a_draft_order_is_tried_on_the_payments_of_a_month_and_changes_nothing(
    world: World, run: Any, tmp_path: Path
) -> None:
    centre = world.centre()
    paid = json_of(centre.pay(centre.bill("200000000311")))
    month = f"{civil_day(utc_now()):%Y-%m}"
    draft = tmp_path / "draft.yaml"
    draft.write_text(ORDER, "utf-8")
    before = json.dumps(world.stored(paid["payment_id"]), default=str, sort_keys=True)

    told = run("rehearse-order", str(draft), "--month", month)

    assert told.exit_code == 0, told.output
    assert "ELECTRICITY" in told.output
    assert "Nothing was changed." in told.output
    # No order states what of a charge is a centre's.
    assert "0 centre(s) would have earned otherwise" in told.output
    assert json.dumps(world.stored(paid["payment_id"]), default=str, sort_keys=True) == before
    assert centre.payment(paid["payment_id"])["receipt"] == paid["receipt"]


def test_a_rehearsal_leaves_out_what_went_back_whole(world: World) -> None:
    centre = world.centre(400_000)
    whole, part = (json_of(centre.pay(centre.bill(another_consumer())))["payment_id"] for _ in range(2))
    at = utc_now()

    def counted() -> int:
        month = world.billing.rehearse_order.payments.completed(at - timedelta(days=1), at + timedelta(days=1))
        return sum(paid.kiosk_id == centre.kiosk_id for paid in month)

    assert counted() == 2
    assert centre.refund(part, 500, 152_500).status_code == 201
    assert centre.refund(whole, 152_500, 152_500).status_code == 201
    assert counted() == 1


def test_a_month_without_payments_has_none(run: Any, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(ORDER, "utf-8")

    told = run("rehearse-order", str(draft), "--month", "2021-12")

    assert told.exit_code == 0
    assert "0 centre(s)" in told.output


@pytest.mark.parametrize(("month", "draft"), [("2026-13", ORDER), ("soon", ORDER), ("2026-10", "orders: [")])
def test_a_month_or_a_draft_that_is_none_is_refused(run: Any, tmp_path: Path, month: str, draft: str) -> None:
    path = tmp_path / "draft.yaml"
    path.write_text(draft, "utf-8")

    told = run("rehearse-order", str(path), "--month", month)

    assert told.exit_code in (1, 2)
    assert "Traceback" not in told.output


def test_a_month_is_an_indian_one() -> None:
    assert first_of_month("2026-12").isoformat() == "2026-12-01"


def test_the_lint_command_names_file_and_line(run: Any, tmp_path: Path) -> None:
    (tmp_path / "gas.yaml").write_text("department: gas\nbillers:\n  - biller_id: GAS-1\n", "utf-8")

    wrong = run("lint-billers", str(tmp_path))
    (tmp_path / "gas.yaml").unlink()
    right = run("lint-billers", str(tmp_path))

    assert (wrong.exit_code, right.exit_code) == (1, 0)
    assert "gas.yaml:3: billers[0].category: Missing data for required field." in wrong.output
