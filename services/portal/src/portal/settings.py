"""What the portal is told from outside: where the gateway is, and who the portal is to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import fields, validate

from servicekit.fields import Code
from servicekit.settings import ServiceSettings, SettingProblem, setting, web_address


@dataclass(frozen=True, kw_only=True)
class PortalSettings(ServiceSettings):
    """The settings of the portal."""

    service_name: ClassVar[str] = "portal"

    gateway_url: str = setting("GATEWAY_URL", web_address(), "the platform's gateway, e.g. http://gateway:8000")
    gateway_client_id: str = setting(
        "GATEWAY_CLIENT_ID",
        Code(r"[A-Za-z0-9_-]+", longest=128, error="Must be a client id of identity's."),
        "the portal's client id at identity, with the scopes that README.md names",
        default="",
        needed_live=True,
    )
    gateway_client_secret: str = setting(
        "GATEWAY_CLIENT_SECRET",
        fields.String(validate=validate.Length(max=256)),
        "the secret of GATEWAY_CLIENT_ID",
        default="",
        secret=True,
        needed_live=True,
    )
    sandbox_file: str = setting(
        "SANDBOX_FILE",
        fields.String(validate=validate.Length(max=1_000)),
        "in a sandbox, in place of GATEWAY_CLIENT_ID and its secret: the file of `identity seed-sandbox`",
        default="",
        live=lambda _: "is a sandbox's.",
    )
    gateway_timeout_seconds: float = setting(
        "GATEWAY_TIMEOUT_SECONDS",
        fields.Float(validate=validate.Range(min=0, min_inclusive=False, max=30)),
        "longest that a page waits for one answer of the gateway, seconds",
        default=5.0,
    )

    @classmethod
    def problems_between(cls, values: Mapping[str, Any], live: bool) -> Iterable[SettingProblem]:
        """In a sandbox the file does for the client and its secret."""
        either = [values.get(name, "wrong") for name in ("gateway_client_id", "gateway_client_secret")]
        if not (live or all(either) or values.get("sandbox_file")):
            fix = "Set it and GATEWAY_CLIENT_SECRET; in a sandbox SANDBOX_FILE does for both."
            yield SettingProblem("GATEWAY_CLIENT_ID", "is missing, or its secret is.", fix)
