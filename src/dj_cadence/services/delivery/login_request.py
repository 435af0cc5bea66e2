"""A link to log in, asked for by an address: it goes to whoever has that, by their own channel.

Who asks learns nothing by it: neither the answer nor the time it takes says whether there is
such a person. The address counts as theirs only as the roster has it.
"""

import logging
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_network

from dj_cadence.domain.messages.notifier import Limit
from dj_cadence.domain.messages.states import MessageKind
from dj_cadence.domain.messages.view import LoginView, Rendered
from dj_cadence.domain.roster.appointment_rows import EMAIL, PHONE
from dj_cadence.domain.roster.contact_text import (
    email_address,
    email_fault,
    phone_fault,
    phone_number,
)
from dj_cadence.fingerprint import digest
from dj_cadence.services.access.link_tokens import ASKED_LOGIN_LIFE
from dj_cadence.services.delivery.personal_message import PersonalWay, way_to, write
from dj_cadence.services.site import Site
from dj_cadence.store.access.reach import offices_at
from dj_cadence.store.core.compiled import DriverTransaction, NotWritten
from dj_cadence.store.delivery import rate_limits
from dj_cadence.store.roster import people
from dj_cadence.store.roster.people import Person
from dj_cadence.store.site import site as sites
from dj_cadence.store.site import tokens

AN_HOUR = timedelta(hours=1)
BUCKETS = "login:"
"""What the names of the limits begin with."""
_FOR_ADDRESS = Limit(3, 3600)
_FOR_SOURCE = Limit(30, 3600)
"""A school's computers may all come from one address."""
_LONGEST = 254
_log = logging.getLogger(__name__)


def request_login(site: Site, written: str, source: str, now: datetime) -> int:
    """Send a link to everybody who has this e-mail address or number and holds an office today.

    `source` is where the request comes from; of it, as of the address, only a hash is kept, for
    an hour. Returns how many messages were written, which nobody outside is to be told. While
    nothing is sent none is: it would arrive when its link is over.
    """
    address = _address(written)
    try:
        if not address or not _is_within_limits(site, address, source, now):
            return 0
    except NotWritten:
        _log.warning("login_request_dropped")
        return 0
    with site.database.read() as session:
        row = sites.load(session)
        if not row.sending or row.sending_paused_on is not None:
            return 0
        holders = [
            (person, way)
            for person in people.with_address(session, address, (EMAIL, PHONE))
            if offices_at(session, person.id, site.today(now))
            and (way := way_to(session, site, person.id))
        ]
    for person, way in holders:
        _write_to(site, person, way, now)
    return len(holders)


def _write_to(site: Site, person: Person, way: PersonalWay, now: datetime) -> None:
    render = partial(_rendered, site, person.name)
    with site.database.write() as session:
        token = write(session, site, person, way, MessageKind.LOGIN, render, now)
        link = [(token, f"person:{person.id}")]
        tokens.remember(session, link, "login", now, now + ASKED_LOGIN_LIFE)


def _address(written: str) -> str:
    """As the roster would have it; empty for what is neither a mailbox nor a number."""
    plain = written.strip()[:_LONGEST]
    if "@" in plain:
        return "" if email_fault(plain) else email_address(plain)
    return "" if phone_fault(plain) else phone_number(plain)


def _is_within_limits(site: Site, address: str, source: str, now: datetime) -> bool:
    """Whether neither the source nor the address has asked too often."""
    key = site.settings.key.hex()
    with closing(DriverTransaction(site.database)) as driver:
        for what, limit in ((_network(source), _FOR_SOURCE), (address, _FOR_ADDRESS)):
            bucket = f"{BUCKETS}{digest(key, what)[:32]}"
            if driver.transaction(partial(_take, bucket, limit, now)):
                return False
    return True


def _network(source: str) -> str:
    """Of an IPv6 address what one subscriber has."""
    try:
        return str(ip_network(f"{source}/64", strict=False)) if ":" in source else source
    except ValueError:
        return source


def _take(
    bucket: str, limit: Limit, now: datetime, transaction: DriverTransaction
) -> datetime | None:
    return rate_limits.take(transaction, bucket, limit, now)


def _rendered(site: Site, name: str, token: str) -> Rendered:
    link = f"{site.settings.web_address}/login/{token}"
    hours = ASKED_LOGIN_LIFE.seconds // 3600
    return site.templates.render_login(LoginView(site.settings.name, name, link, hours))
