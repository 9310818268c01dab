"""Draws the platform for docs/architecture.md from the services' own tables of events, as SVG."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape

_COLUMN, _LEFT, _BOX = 190, 20, 160  # pixels
_LANE = 30
_TOP_OF_EVENTS = 250
_FRONT_DOOR = "gateway"


def drawn(tables: Mapping[str, str]) -> str:
    """The picture; `tables` holds by service the JSON that its command `events` prints."""
    events = {service: json.loads(table) for service, table in tables.items()}
    behind = [service for service in events if service != _FRONT_DOOR]
    columns = [_FRONT_DOOR, *behind]
    middle = {service: _LEFT + _BOX // 2 + number * _COLUMN for number, service in enumerate(columns)}
    lanes = [
        (event, service, [reader for reader in columns if _reads(events[reader], event)])
        for service in columns
        for event in events[service]["publishes"]
    ]
    width, bottom = _LEFT + len(columns) * _COLUMN, _TOP_OF_EVENTS + len(lanes) * _LANE + 20
    parts = [
        *_box(_LEFT, 20, width - _LEFT - 30, 40, "kiosk software, the portal, departments"),
        *_box(_LEFT, 100, width - _LEFT - 30, 40, "gateway: tokens, limits, one document of all routes"),
        _arrow(middle[_FRONT_DOOR], 60, middle[_FRONT_DOOR], 100),
        _text(middle[_FRONT_DOOR] + 8, 84, "HTTPS", anchor="start"),
    ]
    for service in behind:
        parts += _box(middle[service] - _BOX // 2, 180, _BOX, 40, service)
        parts.append(_arrow(middle[service], 140, middle[service], 180))
        parts.append(_line(middle[service], 220, middle[service], bottom, "3 3"))
        parts += _box(middle[service] - _BOX // 2, bottom, _BOX, 40, f"MongoDB {service}")
    parts.append(_line(middle[_FRONT_DOOR], 140, middle[_FRONT_DOOR], bottom, "3 3"))
    parts += _box(middle[_FRONT_DOOR] - _BOX // 2, bottom, _BOX, 40, f"MongoDB {_FRONT_DOOR}")
    for number, (event, publisher, readers) in enumerate(lanes):
        at = _TOP_OF_EVENTS + number * _LANE
        ends = [middle[publisher], *(middle[reader] for reader in readers)]
        parts.append(f'<circle cx="{middle[publisher]}" cy="{at}" r="4"/>')
        for reader in readers:
            parts.append(_arrow(middle[publisher], at, middle[reader], at))
        parts.append(_text((min(ends) + max(ends)) // 2, at - 5, event, halo=True))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 60}" '
        f'font-family="sans-serif" font-size="12" role="img">\n'
        "<title>The gateway in front of the services; each has a database; events go between them by RabbitMQ</title>\n"
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 8 4 0 8z"/></marker></defs>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _reads(table: Mapping[str, list[Mapping[str, str]]], event: str) -> bool:
    return any(row["event"] == event for row in table["consumes"])


def _box(x: int, y: int, width: int, height: int, title: str) -> Iterator[str]:
    yield f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="#eef3f8" stroke="#345"/>'
    yield _text(x + width // 2, y + height // 2 + 4, title)


def _arrow(x: int, y: int, to_x: int, to_y: int) -> str:
    return f'<path d="M{x} {y}L{to_x} {to_y}" stroke="#000" marker-end="url(#head)"/>'


def _line(x: int, y: int, to_x: int, to_y: int, dashes: str) -> str:
    return f'<path d="M{x} {y}L{to_x} {to_y}" stroke="#89a" stroke-dasharray="{dashes}"/>'


def _text(x: int, y: int, text: str, *, anchor: str = "middle", halo: bool = False) -> str:
    outline = ' stroke="#fff" stroke-width="4" paint-order="stroke"' if halo else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{outline}>{escape(text)}</text>'
