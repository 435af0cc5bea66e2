"""What is put away once a day: logins of those who left, files that no record names."""

from datetime import datetime

from dj_cadence.services.delivery import login_request
from dj_cadence.services.operations import pending_uploads
from dj_cadence.services.site import Site
from dj_cadence.services.tasks import evidence
from dj_cadence.store.delivery import rate_limits
from dj_cadence.store.site import logins


def tidy(site: Site, now: datetime) -> int:
    """Put it away; returns how many files were."""
    with site.database.write() as session:
        logins.tidy(session, site.today(now), now)
        rate_limits.forget(session, login_request.BUCKETS, now - login_request.AN_HOUR)
    pending_uploads.sweep(site.settings.folder, now)
    with site.database.read() as session:
        return evidence.sweep(session, site.settings.folder, now)
