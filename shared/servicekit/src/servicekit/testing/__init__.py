"""What services' tests are built with; fixtures are in `servicekit.testing.plugin`."""

from servicekit.testing.deliveries import deliver
from servicekit.testing.erasing import Erasing
from servicekit.testing.polling import eventually
from servicekit.testing.published import published
from servicekit.testing.readings import Reading, readings
from servicekit.testing.settings import settings_for
from servicekit.testing.tokens import internal_headers

__all__ = ["Erasing", "Reading", "deliver", "eventually", "internal_headers", "published", "readings", "settings_for"]
