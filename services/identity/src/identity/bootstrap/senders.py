"""Who brings codes and notices to phones."""

from pathlib import Path

import structlog

from identity.adapters.code_file import CodeFile
from identity.adapters.sms_gateway import SmsGateway
from identity.settings import Settings

log = structlog.get_logger(__name__)


def sender_of(settings: Settings) -> CodeFile | SmsGateway | None:
    """Who brings codes and notices to phones; None where nobody does."""
    live = settings.environment == "live"
    if not settings.people_key:
        if live:
            log.warning("nobody_can_sign_in", missing="PEOPLE_KEY")
        return None
    if settings.sms_gateway_url:
        for name, unset in (
            ("SMS_CODE_TEMPLATE", not settings.sms_code_template),
            ("SMS_NOTICE_TEMPLATE", not settings.sms_notice_template),
            ("CODES_A_DAY", settings.codes_a_day is None),
            ("RECOVERY_WAIT_HOURS", settings.recovery_wait_hours is None),
        ):
            if live and unset:
                log.warning("setting_is_unset", setting=name, meaning="see identity settings")
        return SmsGateway(
            settings.sms_gateway_url,
            settings.sms_gateway_token,
            code_template=settings.sms_code_template,
            notice_template=settings.sms_notice_template,
        )
    if settings.code_file:
        return CodeFile(Path(settings.code_file))
    if live:
        log.warning("nobody_can_sign_in", missing="SMS_GATEWAY_URL")
    return None
