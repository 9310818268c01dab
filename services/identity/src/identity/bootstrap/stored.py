"""What is stored with which indexes, and what is published."""

from identity.adapters import (
    mongo_assistances,
    mongo_breaches,
    mongo_cases,
    mongo_clients,
    mongo_consents,
    mongo_erasures,
    mongo_notices,
    mongo_people,
    mongo_recoveries,
    mongo_sign_ins,
    mongo_tokens,
    mongo_vault,
    mongo_windows,
)
from identity.adapters.events import PUBLISHES as TOLD_CHANGES
from identity.adapters.mongo_assistances import DISPUTED, WITHDRAWN
from identity.adapters.privacy_events import CONSENT_WITHDRAWN, ERASURE_COMPLETED, ERASURE_REQUESTED, ERASURE_WITHDRAWN

PUBLISHES = [
    *TOLD_CHANGES, DISPUTED, WITHDRAWN, CONSENT_WITHDRAWN, ERASURE_REQUESTED, ERASURE_WITHDRAWN, ERASURE_COMPLETED,
]  # fmt: skip
INDEXES = {
    **mongo_people.INDEXES,
    **mongo_clients.INDEXES,
    **mongo_windows.INDEXES,
    **mongo_tokens.INDEXES,
    **mongo_sign_ins.INDEXES,
    **mongo_recoveries.INDEXES,
    **mongo_vault.INDEXES,
    **mongo_assistances.INDEXES,
    **mongo_cases.INDEXES,
    **mongo_notices.INDEXES,
    **mongo_consents.INDEXES,
    **mongo_erasures.INDEXES,
    **mongo_breaches.INDEXES,
}
