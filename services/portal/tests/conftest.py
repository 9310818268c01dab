"""The portal over a platform that answers as the OpenAPI documents say; its style sheet is made first."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.support.fake_platform import FakePlatform
from werkzeug.test import TestResponse

from portal.adapters.qr_pictures import ZxingQrPictures
from portal.bootstrap import Portal
from portal.entrypoints.service import SERVICE
from portal.settings import PortalSettings
from servicekit.testing import settings_for

pytest_plugins = ["servicekit.testing.plugin"]

FOLDER = Path(__file__).parents[1]
Get = Callable[..., TestResponse]
Post = Callable[..., TestResponse]


@pytest.fixture(scope="session", autouse=True)
def npm_packages() -> Path:
    """The style sheet is that of this moment's portal.scss; gives the folder of what npm installed for it."""
    made = subprocess.run([sys.executable, FOLDER / "styles" / "build.py"], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.exit(f"The style sheet cannot be made.\n{made.stderr}", returncode=1)
    return Path(made.stdout.strip())


@pytest.fixture(scope="session")
def settings() -> PortalSettings:
    return settings_for(
        PortalSettings,
        GATEWAY_URL="http://gateway.invalid",
        GATEWAY_CLIENT_ID="cli_portal",
        GATEWAY_CLIENT_SECRET="secret",
    )


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform()


@pytest.fixture(scope="session")
def app(settings: PortalSettings) -> Flask:
    """One for all tests; its platform is that of the test."""
    return SERVICE.flask_app(settings, None, object())  # type: ignore[arg-type] # no page needs a database


@pytest.fixture
def client(app: Flask, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setitem(
        app.extensions, "servicekit.application", Portal(platform=platform, qr_pictures=ZxingQrPictures(), sandbox=True)
    )
    return app.test_client()


@pytest.fixture
def get(client: FlaskClient) -> Get:
    """GETs a page; members are the query."""

    def send(path: str, **query: str) -> TestResponse:
        return client.get(path, query_string=query or None)

    return send


@pytest.fixture
def post(client: FlaskClient) -> Post:
    """Sends a page's form; members are its fields."""

    def send(path: str, **form: str) -> TestResponse:
        return client.post(path, data=form)

    return send
