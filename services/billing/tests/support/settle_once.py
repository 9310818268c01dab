"""Settles one day in a process of its own, which CRASH_POINT kills on the way.

Settings come from the environment. Usage: settle_once.py DAY AT
"""

import os
import sys
from datetime import date, datetime

from billing.application.settlement.settle_day import SettleDay
from billing.bootstrap import bootstrap
from billing.settings import Settings
from servicekit.mongo import Mongo


def main() -> None:
    """Settles as if it were AT."""
    day, at = sys.argv[1:]
    settings = Settings.load(os.environ)
    with Mongo(settings.mongodb_uri, settings.mongodb_database, settings.mongodb_timeout_seconds) as mongo:
        bootstrap(settings, mongo).settle_day(SettleDay(date.fromisoformat(day), datetime.fromisoformat(at)))


main()
