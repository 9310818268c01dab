"""What the software at a counter does, today. Services own their scopes; `CENTRE_SCOPES` may say others."""

COUNTER_SCOPES = frozenset(
    {
        "applications:read",
        "applications:write",
        "billers:read",
        "bills:fetch",
        "kiosks:read",
        "payments:read",
        "payments:write",
        "revenue-courts:file",
        "revenue-courts:read",
        "transactions:read",
    }
)
KIOSK_SCOPES = COUNTER_SCOPES | {
    "assistances:read", "assistances:write", "kiosks:change", "kiosks:report", "wallet:read",
}  # fmt: skip
