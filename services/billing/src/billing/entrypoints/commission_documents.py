"""A statement as a document: the same members in JSON and in CSV, so that one checker reads both."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from billing.domain.commission.statement import EARNERS, SUSPENSE, CommissionLine, totals
from servicekit.instants import rfc3339

_PARTS = (*EARNERS, SUSPENSE)


def statement_document(of: str, month: date, lines: Sequence[CommissionLine]) -> dict[str, Any]:
    """The statement of a centre or provider. All amounts are paise."""
    return {
        "of": of,
        "month": month.isoformat()[:7],
        "rules": _rules(lines),
        "items": [_line(line) for line in lines],
        "totals": {
            "charge_paise": sum(line.charge_paise for line in lines),
            **{f"{head}_paise": paise for head, paise in totals(lines).items()},
        },
    }


def as_json(document: dict[str, Any]) -> str:
    """The document as JSON text."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def as_csv(document: dict[str, Any]) -> str:
    """The lines as CSV, each with the shares of its rule; the last line has the totals."""
    shares = {rule["version"]: rule["shares"] for rule in document["rules"]}
    out = io.StringIO()
    names = [*_COLUMNS, *(f"{head}_basis_points" for head in EARNERS)]
    writer = csv.DictWriter(out, names, lineterminator="\n", restval="")
    writer.writeheader()
    for item in document["items"]:
        of_rule = shares[item["rule"]] or {}
        writer.writerow({**item, **{f"{head}_basis_points": of_rule.get(head, "") for head in EARNERS}})
    writer.writerow({"event_id": "TOTAL", **document["totals"]})
    return out.getvalue()


_COLUMNS = (
    "event_id", "payment_id", "refund_id", "kiosk_id", "at", "category", "channel", "rule", "before_paise",
    "charge_paise", *(f"{head}_paise" for head in _PARTS),
)  # fmt: skip


def _line(line: CommissionLine) -> dict[str, Any]:
    earning = line.earning
    return {
        "event_id": earning.event_id,
        "payment_id": earning.payment_id,
        "refund_id": earning.refund_id,
        "kiosk_id": earning.kiosk_id,
        "at": rfc3339(earning.at),
        "category": earning.category,
        "channel": earning.channel,
        "rule": line.rule.version,
        "before_paise": earning.before_paise,
        "charge_paise": line.charge_paise,
        **{f"{head}_paise": line.parts[head] for head in _PARTS},
    }


def _rules(lines: Sequence[CommissionLine]) -> list[dict[str, Any]]:
    used = {line.rule.version: line.rule for line in lines}
    return [
        {
            "version": version,
            "order": rule.order,
            "shares": {head: rule.shares.get(head, 0) for head in EARNERS} if rule.shares is not None else None,
        }
        for version, rule in sorted(used.items())
    ]
