"""Every page of the portal by its address, in both languages."""

from portal.entrypoints.language import LANGUAGES

# Behind the language.
PATHS = ("",)
PAGES = ("/", *(f"/{language}{path}" for language in LANGUAGES for path in PATHS))
