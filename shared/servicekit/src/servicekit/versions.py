"""What a caller demands of the version it changes, so that nobody overwrites what they have not read."""

from dataclasses import dataclass

from servicekit.errors import StaleVersion


@dataclass(frozen=True)
class Precondition:
    """The request's If-Match and If-None-Match (RFC 9110, section 13.1), as versions; without them any version will do.

    `one_of` None is every version; `none_of` None is every version too, so that nothing passes.
    """

    one_of: frozenset[int] | None = None
    none_of: frozenset[int] | None = frozenset()

    def check(self, version: int) -> None:
        """Raises StaleVersion unless the thing, now at `version`, is as the caller demands."""
        matches = self.one_of is None or version in self.one_of
        if not matches or self.none_of is None or version in self.none_of:
            raise StaleVersion("It is not at the version that your request names; read it again, then decide.")
