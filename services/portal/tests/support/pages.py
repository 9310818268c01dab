"""Every page of the portal by its address, in both languages."""

from portal.entrypoints.language import LANGUAGES

# Behind the language.
PATHS = (
    "",
    "/services",
    "/services?q=mool+niwas+praman+patra",
    "/services?q=xyz",
    *(f"/services/{code}" for code in ("birth", "domicile")),
    "/bills/JVVNL",
    "/verify",
    "/help",
    "/accessibility",
    "/track",
    "/centres",
    "/centres?place=jaipur",
    "/centres?lat=26.91&lon=75.79",
    "/centres?place=302001",
    "/centres?place=345001",
    "/centres?lat=18.52&lon=73.86",
    "/rates",
)
PAGES = ("/", *(f"/{language}{path}" for language in LANGUAGES for path in PATHS))
