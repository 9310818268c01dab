"""Statements of commission: exact to the paisa, nobody's where no order says whose, and recomputed without us."""

import json
import random
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.builders import KIOSK, NOW

from billing.adapters.data.commission_rules import load_commission_rules, read_commission_rules
from billing.adapters.data.marked_yaml import BadFile
from billing.domain.commission.statement import (
    EARNERS,
    CommissionLine,
    CommissionRule,
    Earning,
    charge_in,
    line_of,
    totals,
)
from billing.domain.ledger.entries import Leg
from billing.entrypoints.commission_documents import as_csv, as_json, statement_document

CHECKER = Path(__file__).parents[2] / "tools" / "check_commission.py"
MOBILE = frozenset({"MOBILE"})
AGT = frozenset({"AGT"})
STATED = CommissionRule(
    "order-1", "An order", MOBILE, AGT, date(2026, 11, 1), None, {"kiosk": 7_701, "lsp": 1_299, "society": 1_000}
)


def earned(charge: int, *, refund: int | None = None, before: int = 0, **changes: Any) -> Earning:
    members: dict[str, Any] = {
        "event_id": "01a207c7-d870-7b50-bf2c-fffcbdbd0000",
        "payment_id": "pay_1",
        "refund_id": None if refund is None else f"rfd_{refund}",
        "kiosk_id": KIOSK,
        "at": NOW,
        "category": "MOBILE",
        "channel": "AGT",
        "charged_on": date(2026, 11, 23),
        "before_paise": before,
        "charge_paise": charge,
    }
    return Earning(**{**members, **changes})


def test_what_no_order_states_is_in_suspense_and_nobodys() -> None:
    line = line_of(earned(500), load_commission_rules())
    assert (line.rule.version, line.rule.order, line.rule.shares) == ("unset-1", None, None)
    assert line.parts == {"kiosk": 0, "lsp": 0, "society": 0, "suspense": 500}
    assert line_of(earned(500, category="NEW"), load_commission_rules()).rule.version == "none"


def test_a_rule_is_that_of_the_day_on_which_it_was_charged() -> None:
    rules = [STATED]
    assert line_of(earned(500), rules).parts == {"kiosk": 385, "lsp": 65, "society": 50, "suspense": 0}
    assert line_of(earned(500, charged_on=date(2026, 10, 31)), rules).parts["suspense"] == 500
    assert line_of(earned(500, channel="INT"), rules).parts["suspense"] == 500


@given(st.integers(1, 100_000), st.lists(st.integers(1, 1_000), max_size=8))
def test_every_line_sums_to_its_charge_and_after_the_last_part_everybody_gave_back_what_they_got(
    charge: int, cuts: list[int]
) -> None:
    lines, before = [line_of(earned(charge), [STATED])], 0
    for number, cut in enumerate([*cuts, charge]):
        part = min(cut, charge - before)
        if part:
            lines.append(line_of(earned(part, refund=number, before=before), [STATED]))
            before += part
    assert all(sum(line.parts.values()) == line.charge_paise for line in lines)
    assert totals(lines) == {"kiosk": 0, "lsp": 0, "society": 0, "suspense": 0}


def test_the_charge_is_what_stands_beside_the_bill_without_tax_and_what_waits_for_delivery() -> None:
    legs = [Leg("biller:JVVNL", 1_000), Leg("revenue:suspense", 300), Leg("revenue:kiosk", 40), Leg("revenue:lsp", 5)]
    assert charge_in([*legs, Leg("revenue:society", 5), Leg("revenue:tax", 9), Leg("revenue:delivery", 7)]) == 350


def a_statement() -> dict[str, Any]:
    draw = random.Random(7)
    lines: list[CommissionLine] = []
    for number in range(40):
        category = draw.choice(["MOBILE", "WATER"])
        charge = draw.randrange(1, 2_000)
        lines.append(line_of(earned(charge, payment_id=f"pay_{number}", category=category), [STATED]))
        if number % 3 == 0 and charge > 2:
            part = draw.randrange(1, charge)
            refund = earned(part, refund=number, before=1, payment_id=f"pay_{number}", category=category)
            lines.append(line_of(refund, [STATED]))
    return statement_document(KIOSK, date(2026, 11, 1), lines)


def check(path: Path) -> tuple[int, str]:
    """The checker as anybody runs it: alone, without the platform's packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(CHECKER), str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "write"), [("statement.json", as_json), ("statement.csv", as_csv)])
def test_the_checker_recomputes_a_statement_with_nothing_of_ours(tmp_path: Path, name: str, write: Any) -> None:
    path = tmp_path / name
    document = a_statement()
    path.write_text(write(document), encoding="utf-8")
    assert check(path) == (0, f"{len(document['items'])} line(s) and the totals are right\n")
    for number in (0, 1, len(document["items"]) - 1):
        for head in (*EARNERS, "suspense", "charge"):
            wrong = json.loads(json.dumps(document))
            wrong["items"][number][f"{head}_paise"] += 1
            path.write_text(write(wrong), encoding="utf-8")
            assert check(path)[0] == 1
    wrong = json.loads(json.dumps(document))
    wrong["totals"]["kiosk_paise"] -= 1
    path.write_text(write(wrong), encoding="utf-8")
    code, told = check(path)
    assert code == 1
    assert told.startswith("totals: kiosk_paise")


@pytest.mark.parametrize("text", ["", "{", "{}", "not a statement", '{"rules": [], "items": [{"rule": "x"}]}'])
def test_what_is_no_statement_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "statement"
    path.write_text(text, encoding="utf-8")
    assert check(path)[0] in (1, 2)
    assert check(tmp_path / "nowhere")[0] == 2


def test_a_statement_tells_each_rule_it_used_and_each_event_once() -> None:
    document = a_statement()
    assert [rule["version"] for rule in document["rules"]] == ["none", "order-1"]
    assert Counter(item["refund_id"] for item in document["items"]).most_common(1)[0][0] is None


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ("order: An order, shares: null", "order"),
        ("order: null, shares: {kiosk: 10000}", "order"),
        ("order: An order, shares: {kiosk: 9999}", "shares"),
        ("order: An order, shares: {nobody: 10000}", "shares"),
    ],
)
def test_shares_need_the_order_that_states_them(rule: str, place: str) -> None:
    line = f"{{version: v1, from: 2026-11-01, categories: [MOBILE], channels: [AGT], {rule}}}"
    with pytest.raises(BadFile) as refused:
        read_commission_rules("rules.yaml", f"rules:\n  - {line}\n")
    assert place in str(refused.value.problems[0])
