"""What the benchmarks compare with, and which of them missed it."""

import tomllib
from pathlib import Path

THRESHOLDS = tomllib.loads((Path(__file__).parent / "thresholds.toml").read_text())

failed: list[str] = []


def verdict(name: str, value: float, threshold: float, *, at_most: bool = False) -> str:
    """The value in a table's colours; remembers the name where it missed what is wanted."""
    good = value <= threshold if at_most else value >= threshold
    if not good:
        failed.append(name)
    return f"[{'green' if good else 'red'}]{value:,.2f}[/] ({'≤' if at_most else '≥'} {threshold:,})"
