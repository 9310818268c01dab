"""Help, and no link anywhere that leads nowhere."""

import re
from collections.abc import Callable

import pytest
from tests.support.pages import PAGES
from werkzeug.test import TestResponse

Get = Callable[..., TestResponse]
_LINKS = re.compile(r'(?:href|src|action)="([^"]*)"')


@pytest.mark.parametrize("path", PAGES)
def test_no_link_of_a_page_leads_nowhere(get: Get, path: str) -> None:
    for address in set(_LINKS.findall(get(path).text)):
        place, _, anchor = address.replace("&amp;", "&").partition("#")
        target = get(place or path)

        assert target.status_code == 200, address
        assert not anchor or f'id="{anchor}"' in target.text, address


@pytest.mark.parametrize("path", PAGES)
def test_every_page_leads_to_help_and_to_the_accessibility_statement(get: Get, path: str) -> None:
    language = path[1:3] or "hi"
    html = get(path).text

    assert f'href="/{language}/help"' in html
    assert f'href="/{language}/accessibility"' in html


def test_help_says_that_nothing_can_be_paid_here_yet_and_that_nothing_is_kept(get: Get) -> None:
    html = get("/en/help").text

    assert "You apply and pay at an e-Mitra centre" in html
    assert "There is no cookie" in html


def test_the_accessibility_statement_says_what_is_not_good_yet(get: Get) -> None:
    assert "have not tried the site yet" in get("/en/accessibility").text
    assert "स्तर AA" in get("/hi/accessibility").text
