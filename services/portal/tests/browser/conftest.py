"""Debian's Chromium looks at the portal, which is served on a port of its own over the fake platform."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from tests.support.fake_gateway import serving
from tests.support.fake_platform import FakePlatform

from portal.adapters.qr_pictures import ZxingQrPictures
from portal.bootstrap import Portal
from portal.entrypoints.service import SERVICE
from portal.settings import PortalSettings

# A small phone, as WCAG's reflow has it, and an office screen.
PHONE: ViewportSize = {"width": 320, "height": 640}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
# Where tests leave pictures of the pages for people to look at; nothing is left unless it is set.
SCREENSHOTS = os.environ.get("PORTAL_SCREENSHOTS", "")

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("Missing on this machine: apt-get install chromium fonts-lohit-deva", pytrace=False)
    with sync_playwright() as playwright:
        # As root, and in containers, Chromium's own sandbox cannot be made.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shown_platform() -> FakePlatform:
    return FakePlatform()


@pytest.fixture(scope="session")
def site(settings: PortalSettings, shown_platform: FakePlatform) -> Iterator[str]:
    """The address of the portal."""
    portal = Portal(platform=shown_platform, qr_pictures=ZxingQrPictures(), sandbox=True)
    app = SERVICE.flask_app(settings, None, portal)  # type: ignore[arg-type] # no page needs a database
    with serving(app) as url:
        yield url


@pytest.fixture
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """A phone; whatever it asks of another host than the portal fails the test, and so does an error on a page."""
    context = browser.new_context(base_url=site, viewport=PHONE, locale="hi-IN")
    context.set_default_timeout(10_000)
    elsewhere: list[str] = []
    context.on("request", lambda asked: elsewhere.append(asked.url) if not asked.url.startswith(site) else None)
    context.on("weberror", lambda error: elsewhere.append(str(error.error)))
    yield context
    context.close()
    assert elsewhere == []


@pytest.fixture
def open_page(context: BrowserContext) -> Open:
    """Opens an address; a page with an error of its own fails the test."""

    def opened(path: str) -> Page:
        page = context.new_page()
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, path
        return page

    return opened


@pytest.fixture(scope="session")
def axe(npm_packages: Path) -> str:
    return (npm_packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def picture(page: Page, name: str) -> None:
    """Leaves a picture of the whole page where PORTAL_SCREENSHOTS says."""
    if SCREENSHOTS:
        file = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        page.screenshot(path=Path(SCREENSHOTS) / f"{file}.png", full_page=True)
