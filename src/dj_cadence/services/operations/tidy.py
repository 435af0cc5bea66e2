"""What is put away once a day: logins of those who left, files that no record names."""

from datetime import datetime

from dj_cadence.services.site import Site
from dj_cadence.services.tasks import evidence
from dj_cadence.store.site import logins


def tidy(site: Site, now: datetime) -> int:
    """Put it away; returns how many files were."""
    with site.database.write() as session:
        logins.tidy(session, site.today(now), now)
    with site.database.read() as session:
        return evidence.sweep(session, site.settings.folder, now)
