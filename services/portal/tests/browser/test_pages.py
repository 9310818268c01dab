"""Every page in both languages, as people meet it: a small phone, a keyboard, no script, a slow line."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response
from tests.browser.conftest import DESKTOP, PHONE, Open, picture
from tests.support.pages import PAGES

MOST_BYTES = 50_000
MOST_REQUESTS = 10
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Only what is wrong is worked out and sent: most of axe's answer is what is right.
AXE = """async rules => {
    const told = await axe.run(document, {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]});
    return told.violations;
}"""


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is, one line for each place."""
    told: list[dict[str, Any]] = page.evaluate(AXE, RULES)
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in told
        for node in violation["nodes"]
    ]


def test_axe_notices_a_picture_without_words_and_a_field_without_a_name(open_page: Open, axe: str) -> None:
    page = open_page("/hi")
    page.evaluate(axe)

    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=/hi><input>')")

    assert sorted(line.partition(":")[0] for line in violations(page)) == ["image-alt", "label"]


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_and_nothing_sticks_out_of_a_small_phone(open_page: Open, axe: str, path: str) -> None:
    page = open_page(path)
    page.evaluate(axe)
    for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
        page.set_viewport_size(size)
        picture(page, f"{name}{path}")

        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("path", PAGES)
def test_a_first_view_is_small(browser: Browser, site: str, path: str) -> None:
    context = browser.new_context(base_url=site, viewport=PHONE)
    page = context.new_page()
    responses: list[Response] = []

    def count(response: Response) -> None:
        responses.append(response)

    page.on("response", count)

    page.goto(path)  # until everything that the page names is there

    sizes = [response.request.sizes() for response in responses]
    bytes_sent = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    context.close()
    assert bytes_sent <= MOST_BYTES
    assert 0 < len(responses) <= MOST_REQUESTS


def reached(page: Page) -> Iterator[str]:
    """Whatever the tabulator key reaches, in order, as its own markup."""
    seen: set[str] = set()
    while True:
        page.keyboard.press("Tab")
        place, shown = page.evaluate(
            """() => {
                const at = document.activeElement;
                const path = [...document.querySelectorAll("*")].indexOf(at);
                const style = getComputedStyle(at);
                const ring = style.outlineStyle !== "none" || style.boxShadow !== "none";
                return [at === document.body ? "" : `${path}`, `${ring} ${at.outerHTML.slice(0, 80)}`];
            }"""
        )
        if not place or place in seen:
            return
        seen.add(place)
        yield shown


@pytest.mark.parametrize("path", [path for path in PAGES if "?" not in path or "place=jaipur" in path])
def test_the_keyboard_reaches_every_link_and_field_and_shows_where_it_is(open_page: Open, path: str) -> None:
    page = open_page(path)
    kinds = ("a[href]", "button", "input", "select", "textarea", "summary")
    there = page.locator(", ".join(f"{kind}:visible" for kind in kinds))

    places = list(reached(page))

    assert len(places) == there.count()
    assert [place for place in places if not place.startswith("true ")] == []


@pytest.mark.parametrize("path", ["/hi", "/en"])
def test_the_first_tab_leads_past_the_frame(open_page: Open, path: str) -> None:
    page = open_page(path)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"
