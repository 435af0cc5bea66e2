"""iCalendar text for subscribed calendars: the same events are always the same bytes.

Calendar programs reject a whole file for one bad line and take an event for new when
its UID changes, so everything here comes from the data and nothing from the clock.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event, vText

from dj_cadence.domain.dates import DAY

PRODUCT = "-//dj-cadence//dj-cadence//ZH"
REFRESH = timedelta(hours=6)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_END = b"END:VCALENDAR\r\n"


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One all-day entry."""

    uid: str
    day: date
    summary: str
    description: str
    address: str
    """Of the page that tells more; empty for none."""
    category: str
    sequence: int
    changed_at: datetime
    cancelled: bool = False


def calendar_bytes(name: str, time_zone: str, events: Sequence[FeedEvent]) -> bytes:
    """A whole calendar, CRLF and folded at 75 octets. `time_zone` is an IANA name."""
    head, found, _ = _head(name, time_zone).partition(_END)
    assert found
    return head + b"".join(map(_event_bytes, events)) + _END


def _head(name: str, time_zone: str) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    # The library does not know NAME for a text and would not escape it.
    calendar.add("name", vText(_clean(name)))
    calendar.add("x-wr-calname", vText(_clean(name)))
    calendar.add("x-wr-timezone", time_zone)
    # Some phones refuse the file without VALUE=DURATION, or with another form of it.
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    return bytes(calendar.to_ical())


def _event_bytes(entry: FeedEvent) -> bytes:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", entry.sequence)
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + DAY)
    event.add("summary", _clean(entry.summary))
    event.add("description", _clean(entry.description))
    if entry.address:
        event.add("url", entry.address)
    event.add("categories", [_clean(entry.category)])
    event.add("transp", "TRANSPARENT")
    if entry.cancelled:
        event.add("status", "CANCELLED")
    return bytes(event.to_ical())


def _clean(text: str) -> str:
    """`text` without what calendars choke on; a lone CR is a line end too."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
