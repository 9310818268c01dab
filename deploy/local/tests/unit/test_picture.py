"""The picture shows what the tables of events say."""

import json
from xml.etree import ElementTree

from emitra_local.picture import drawn

SVG = "{http://www.w3.org/2000/svg}"


def table(publishes: list[str], consumes: list[str]) -> str:
    return json.dumps({"publishes": publishes, "consumes": [{"event": event} for event in consumes]})


def arrows(picture: str, y: int) -> set[tuple[int, int]]:
    """The arrows at a height, from x to x."""
    ends = set()
    for path in ElementTree.fromstring(picture).iter(f"{SVG}path"):  # noqa: S314 - drawn here
        start, _, end = path.get("d", "").removeprefix("M").partition("L")
        if path.get("marker-end") and start.split()[-1] == end.split()[-1] == str(y):
            ends.add((int(start.split()[0]), int(end.split()[0])))
    return ends


def test_an_event_goes_from_its_publisher_to_everyone_who_reads_it() -> None:
    tables = {"billing": table(["a.v1"], []), "gateway": table([], ["a.v1"]), "identity": table([], ["a.v1"])}
    picture = drawn(tables)
    assert len(arrows(picture, 250)) == 2
    assert len({start for start, _ in arrows(picture, 250)}) == 1
    words = [text.text for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]  # noqa: S314 - drawn here
    assert {"a.v1", "MongoDB billing", "MongoDB gateway"} <= set(words)


def test_an_event_that_nobody_reads_is_still_there() -> None:
    picture = drawn({"billing": table(["a.v1"], []), "gateway": table([], [])})
    assert arrows(picture, 250) == set()
    assert ">a.v1<" in picture
