"""A link to log in, asked for by an address: it goes to whoever has that, by their own channel.

Who asks learns nothing by it: neither the answer nor the time it takes says whether there is
such a person. The address counts as theirs only as the roster has it.
"""

from contextlib import closing
from datetime import datetime
from functools import partial

from dj_cadence.domain.messages.notifier import Limit
from dj_cadence.domain.messages.states import MessageKind
from dj_cadence.domain.messages.view import LoginView, Rendered
from dj_cadence.domain.roster.contact_text import email_address, phone_number
from dj_cadence.fingerprint import digest
from dj_cadence.services.access.link_tokens import ASKED_LOGIN_LIFE
from dj_cadence.services.delivery.personal_message import way_to, write
from dj_cadence.services.site import Site
from dj_cadence.store.access.reach import offices_at
from dj_cadence.store.core.compiled import DriverTransaction
from dj_cadence.store.delivery import rate_limits
from dj_cadence.store.roster import people
from dj_cadence.store.site import tokens

_FOR_ADDRESS = Limit(3, 3600)
_FOR_SOURCE = Limit(30, 3600)
"""A school's computers may all come from one address."""
_LONGEST = 254


def request_login(site: Site, written: str, source: str, now: datetime) -> int:
    """Send a link to everybody who has this e-mail address or number and holds an office today.

    `source` is where the request comes from; of it, as of the address, only a hash is kept, for
    an hour. Returns how many messages were written, which nobody outside is to be told.
    """
    names = _names(written)
    if not names or not _is_within_limits(site, written, source, now):
        return 0
    number = 0
    with site.database.write() as session:
        for person in people.named_by(session, names):
            way = way_to(session, site, person.id)
            if way and offices_at(session, person.id, site.today(now)):
                render = partial(_rendered, site, person.name)
                token = write(session, site, person, way, MessageKind.LOGIN, render, now)
                link = [(token, f"person:{person.id}")]
                tokens.remember(session, link, "login", now, now + ASKED_LOGIN_LIFE)
                number += 1
    return number


def _names(written: str) -> set[str]:
    """As the roster may have it; nothing for what is neither."""
    plain = written.strip()[:_LONGEST]
    name = email_address(plain) if "@" in plain else phone_number(plain)
    return {name} if name else set()


def _is_within_limits(site: Site, written: str, source: str, now: datetime) -> bool:
    """Whether neither the source nor the address has asked too often."""
    key = site.settings.key.hex()
    with closing(DriverTransaction(site.database)) as driver:
        for what, limit in ((source, _FOR_SOURCE), (written.strip().lower(), _FOR_ADDRESS)):
            bucket = f"login:{digest(key, what)[:32]}"
            if driver.transaction(partial(_take, bucket, limit, now)):
                return False
    return True


def _take(
    bucket: str, limit: Limit, now: datetime, transaction: DriverTransaction
) -> datetime | None:
    return rate_limits.take(transaction, bucket, limit, now)


def _rendered(site: Site, name: str, token: str) -> Rendered:
    link = f"{site.settings.web_address}/login/{token}"
    hours = ASKED_LOGIN_LIFE.seconds // 3600
    return site.templates.render_login(LoginView(site.settings.name, name, link, hours))
