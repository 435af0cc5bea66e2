"""A site as an administrator has it before them, with a browser for whoever comes.

It is Friday 2026-11-20, 10:00 in Shanghai.
"""

from datetime import datetime
from urllib.parse import urlsplit

from dj_cadence.bootstrap import template_folders
from dj_cadence.entrypoints.web import WebContext, make_app
from dj_cadence.services.access.link_tokens import login_address
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site
from dj_cadence.store.roster.people import find_person
from tests.world.terminal import NOW
from tests.world.web_district import Browser

LOCAL, FAR = "127.0.0.1", "203.0.113.7"


def browser(site: Site, *, client: str = LOCAL, person: str = "", now: datetime = NOW) -> Browser:
    """At the machine itself; with a person, theirs, logged in from elsewhere."""
    folders = template_folders(site.settings)
    context = WebContext(site, folders, applied_catalogue, lambda: now, on_loopback=True)
    made = Browser(
        make_app(context),
        base_url=site.settings.web_address,
        client=(FAR if person else client, 50000),
        follow_redirects=False,
        raise_server_exceptions=False,
    )
    if person:
        with site.database.write() as session:
            found = find_person(session, person)
            path = urlsplit(login_address(session, site.settings, found.id, NOW)).path
        assert made.send_form(path, path).status_code == 303
    return made
