"""What the portal is told from outside: where the gateway is, and who the portal is to it."""

from dataclasses import dataclass
from typing import ClassVar

from marshmallow import fields, validate

from servicekit.fields import Code
from servicekit.settings import ServiceSettings, SettingProblem, SettingsError, setting, web_address


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
    )
    gateway_client_secret: str = setting(
        "GATEWAY_CLIENT_SECRET",
        fields.String(validate=validate.Length(max=256)),
        "the secret of GATEWAY_CLIENT_ID",
        default="",
        secret=True,
    )
    sandbox_file: str = setting(
        "SANDBOX_FILE",
        fields.String(validate=validate.Length(max=1_000)),
        "in a sandbox, in place of GATEWAY_CLIENT_ID and its secret: the file of `identity seed-sandbox`",
        default="",
    )
    gateway_timeout_seconds: float = setting(
        "GATEWAY_TIMEOUT_SECONDS",
        fields.Float(validate=validate.Range(min=0, min_inclusive=False, max=30)),
        "longest that a page waits for one answer of the gateway, seconds",
        default=5.0,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.sandbox_file and not (self.gateway_client_id and self.gateway_client_secret):
            problem = "is missing, or its secret is."
            fix = "Set it and GATEWAY_CLIENT_SECRET; in a sandbox SANDBOX_FILE does for both."
            raise SettingsError([SettingProblem("GATEWAY_CLIENT_ID", problem, fix)])
