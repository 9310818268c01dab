"""Recomputes a downloaded statement of commission. Needs Python 3.9 alone: no network, none of the platform's code.

Usage: python3 check_commission.py STATEMENT.json|STATEMENT.csv

The rule: of a charge, each earner gets its basis points, rounded down to the paisa; what that leaves goes, one paisa
each, to those who lost most by it, and where they lost the same, in the order kiosk, lsp, society. A charge whose
shares no order states is in suspense. A refund takes what each one's part of all that went back so far (before_paise
and this) is more than its part of what went back before. Exit 0: every line and total is right; 1: what is not is
printed; 2: the file cannot be read.
"""

import csv
import json
import sys

EARNERS = ("kiosk", "lsp", "society")
PARTS = (*EARNERS, "suspense")


def parts(paise, shares):
    """The parts of a charge by its shares; all of it in suspense without."""
    if shares is None:
        return {"kiosk": 0, "lsp": 0, "society": 0, "suspense": paise}
    told = {head: paise * shares[head] // 10_000 for head in EARNERS}
    lost = sorted(EARNERS, key=lambda head: -(paise * shares[head] % 10_000))
    for head in lost[: paise - sum(told.values())]:
        told[head] += 1
    return {**told, "suspense": 0}


def expected(line):
    """What a line has to say."""
    charge, before, shares = line["charge_paise"], line["before_paise"], line["shares"]
    if not line["refund_id"]:
        return parts(charge, shares)
    first, both = parts(before, shares), parts(before - charge, shares)
    return {head: first[head] - both[head] for head in PARTS}


def read_json(text):
    """Lines and totals of a statement in JSON."""
    document = json.loads(text)
    rules = {rule["version"]: rule["shares"] for rule in document["rules"]}
    lines = []
    for item in document["items"]:
        shares = rules[item["rule"]]
        whole = shares and {head: shares.get(head, 0) for head in EARNERS}
        lines.append({**item, "shares": whole})
    return lines, document["totals"]


def read_csv(text):
    """Lines and totals of a statement in CSV."""
    lines, totals = [], None
    for row in csv.DictReader(text.splitlines()):
        numbers = {name: int(row[name]) for name in row if name.endswith("_paise") and row[name]}
        if row["event_id"] == "TOTAL":
            totals = numbers
            continue
        told = {head: row[f"{head}_basis_points"] for head in EARNERS}
        shares = {head: int(told[head] or 0) for head in EARNERS} if any(told.values()) else None
        lines.append({**row, **numbers, "shares": shares})
    return lines, totals


def problems(lines, totals):
    """What is wrong, one sentence each."""
    sums = dict.fromkeys(("charge_paise", *(f"{head}_paise" for head in PARTS)), 0)
    for number, line in enumerate(lines, start=1):
        where = f"line {number} ({line['refund_id'] or line['payment_id']})"
        shares = line["shares"]
        if shares is not None and (sum(shares.values()) != 10_000 or min(shares.values()) < 0):
            yield f"{where}: shares sum to {sum(shares.values())} basis points, not 10000"
            continue
        right = expected(line)
        for head in PARTS:
            if line[f"{head}_paise"] != right[head]:
                yield f"{where}: {head} has {line[f'{head}_paise']} paise, {right[head]} is right"
        for name in sums:
            sums[name] += line[name]
    for name, paise in sums.items():
        if totals is None or totals.get(name) != paise:
            yield f"totals: {name} is {totals and totals.get(name)}, the lines sum to {paise}"


def main(arguments):
    """The exit code."""
    if len(arguments) != 1:
        sys.stderr.write(__doc__)
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as file:
            text = file.read()
        lines, totals = read_json(text) if text.lstrip().startswith("{") else read_csv(text)
        wrong = list(problems(lines, totals))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sys.stderr.write(f"{arguments[0]} cannot be read as a statement: {type(error).__name__}\n")
        return 2
    for sentence in wrong:
        sys.stdout.write(f"{sentence}\n")
    if not wrong:
        sys.stdout.write(f"{len(lines)} line(s) and the totals are right\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
