"""Amounts are integer paise. Here: how one is shown, and how one is split so that nothing is lost."""

from collections.abc import Mapping

WHOLE = 10_000  # basis points


def rupees(paise: int) -> str:
    """`152500` as `₹1,525.00`, grouped in lakh and crore; for people, never parsed back."""
    sign = "-" if paise < 0 else ""
    whole, part = divmod(abs(paise), 100)
    digits = str(whole)
    head, tail = digits[:-3], digits[-3:]
    groups = [tail]
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return f"{sign}₹{','.join(groups)}.{part:02d}"


def half_up(numerator: int, denominator: int) -> int:
    """The nearest whole number to a fraction of numbers not below zero; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def split(paise: int, basis_points: Mapping[str, int]) -> dict[str, int]:
    """`paise` (≥ 0) shared out by `basis_points` (which sum to 10,000): the parts sum to `paise` exactly.

    Largest remainder: what rounding down leaves goes, one paisa each, to the heads that lost most; equal losses
    go by the order in which the heads are named. Raises ValueError for shares that do not make a whole.
    """
    if paise < 0 or any(share < 0 for share in basis_points.values()):
        raise ValueError("an amount and its shares cannot be negative")
    if sum(basis_points.values()) != WHOLE:
        raise ValueError(f"shares sum to {sum(basis_points.values())} basis points, not {WHOLE}")
    parts = {head: paise * share // WHOLE for head, share in basis_points.items()}
    lost_most = sorted(basis_points, key=lambda head: -(paise * basis_points[head] % WHOLE))
    for head in lost_most[: paise - sum(parts.values())]:
        parts[head] += 1
    return parts
