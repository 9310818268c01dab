"""Debian's Chromium on the pages of the second step: its own passkeys, a small phone, and no script."""

import os
import re
import shutil
import socket
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, ViewportSize, sync_playwright
from tests.support.keys import KEY_SET, PEOPLE_KEY, app_that_wants
from tests.support.second_steps import recorded
from tests.support.signing_in import AUTHORIZE, App, Phone
from werkzeug.serving import make_server

from identity.application.clients.seed_sandbox import SeedSandbox
from identity.bootstrap import bootstrap
from identity.domain.clients.client import Algorithm
from identity.entrypoints.service import SERVICE
from identity.settings import Settings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import settings_for

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

APP_PATH = "/app/signed-in"
# A small phone, as WCAG's reflow has it, and an office screen.
SIZES: dict[str, ViewportSize] = {"phone": {"width": 320, "height": 640}, "desktop": {"width": 1280, "height": 800}}
# Where pictures of the pages are left for people to look at, and a copy of axe-core to look with; nothing unless set.
SCREENSHOTS, AXE = os.environ.get("IDENTITY_SCREENSHOTS", ""), os.environ.get("AXE_CORE", "")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    found = shutil.which("chromium")
    if found is None:
        pytest.fail("Missing on this machine: apt-get install chromium fonts-lohit-deva", pytrace=False)
    with sync_playwright() as playwright:
        # As root, and in containers, Chromium's own sandbox cannot be made.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def with_the_app(pages: "WSGIApplication") -> "WSGIApplication":
    """identity's pages and an app of somebody else's, behind one port."""

    def wsgi(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] != APP_PATH:
            return pages(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"back"]

    return wsgi


class Site:
    """identity on a port of its own, under the name localhost, for which browsers make passkeys."""

    def __init__(self, mongo: Mongo, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://localhost:{port}"
        self.phone = Phone(folder / "codes.json")
        settings = settings_for(
            Settings,
            ISSUER=self.address,
            SIGNING_KEYS=KEY_SET,
            PEOPLE_KEY=PEOPLE_KEY,
            CODE_FILE=str(self.phone.file),
        )
        identity = bootstrap(settings, mongo)
        identity.seed_sandbox(SeedSandbox(identity.sandbox_file(folder / "sandbox.json"), utc_now()))
        self.mobile = recorded(identity)
        # The app that people come back to is there: a browser leaves a page for one that answers.
        self.back = f"http://127.0.0.1:{port}{APP_PATH}"
        self.app = App(app_that_wants(identity, Algorithm.EDDSA, redirect_uris=[self.back]), self.back)
        pages = SERVICE.flask_app(settings, mongo, identity).wsgi_app
        self.server = make_server("127.0.0.1", port, with_the_app(pages), threaded=True)

    def asked(self) -> dict[str, str]:
        """What the app sends somebody with."""
        return self.app.request(role="officer")

    def proves_phone(self, page: Page) -> None:
        """As far as the second step."""
        query = "&".join(f"{name}={value.replace(' ', '%20')}" for name, value in self.asked().items())
        page.goto(f"{self.address}{AUTHORIZE}?{query}")
        page.fill("#mobile", self.mobile)
        page.click("text=Send a code")
        page.wait_for_selector("#code")
        page.fill("#code", self.phone.latest()["code"])
        page.click("form:has(#code) button")
        page.wait_for_selector("text=/Second step|second step/")


@pytest.fixture
def site(mongo: Mongo, tmp_path: Path) -> Iterator[Site]:
    made = Site(mongo, tmp_path)
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()


def opened(chromium: Chromium, **options: Any) -> BrowserContext:
    """A small phone."""
    context = chromium.new_context(viewport=SIZES["phone"], locale="hi-IN", **options)
    context.set_default_timeout(30_000)
    return context


def looked_at(page: Page, name: str) -> None:
    """Nothing sticks out; a picture of it, and what axe finds, where asked for."""
    for size_name, size in SIZES.items():
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], (name, size_name)
        if SCREENSHOTS:
            page.screenshot(path=Path(SCREENSHOTS) / f"{name}-{size_name}.png", full_page=True)
    page.set_viewport_size(SIZES["phone"])
    if AXE:
        page.evaluate(Path(AXE).read_text(encoding="utf-8"))
        told = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
        assert [(each["id"], each["nodes"][0]["html"]) for each in told] == []


def test_a_passkey_of_the_browser_is_enrolled_and_signs_in(chromium: Chromium, site: Site) -> None:
    context = opened(chromium)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    site.proves_phone(page)
    assert page.locator("#no-passkey").is_hidden()
    looked_at(page, "enrol")
    page.click("text=Add a passkey")
    page.wait_for_selector("text=Your recovery codes")
    looked_at(page, "recovery-codes")
    page.click("text=I wrote them down")
    page.wait_for_url(f"{site.back}?**")
    site.proves_phone(page)
    looked_at(page, "prove")
    assert page.locator("#more-passkey").is_visible()
    page.click("text=Go on with a passkey")
    page.wait_for_url(f"{site.back}?**")
    assert "code=" in page.url
    assert [fault for fault in faults if "Content Security Policy" in fault] == []
    context.close()


def test_without_a_script_there_is_the_app_and_the_page_says_so(chromium: Chromium, site: Site) -> None:
    context = opened(chromium, java_script_enabled=False)
    page = context.new_page()
    site.proves_phone(page)
    assert page.locator("text=Scripts are off in this browser").is_visible()
    assert page.locator("text=Add a passkey").is_hidden()
    secret = re.sub(r"\s", "", page.locator("code").first.inner_text())
    page.fill("#new-code", pyotp.TOTP(secret).now())
    page.click("text=Add the app")
    page.wait_for_selector("text=Your recovery codes")
    page.click("text=I wrote them down")
    page.wait_for_url(f"{site.back}?**")
    assert "code=" in page.url
    context.close()


def test_a_passkey_that_does_not_work_says_so_and_another_way_is_there(chromium: Chromium, site: Site) -> None:
    context = opened(chromium)
    page = context.new_page()
    page.add_init_script("navigator.credentials.create = () => Promise.reject(new Error('no'))")
    site.proves_phone(page)
    page.click("text=Add a passkey")
    page.wait_for_selector("text=The passkey did not work")
    looked_at(page, "passkey-failed")
    assert page.locator("#new-code").is_visible()
    context.close()
