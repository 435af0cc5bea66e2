"""iCalendar text for subscribed calendars: the same events are always the same bytes.

Calendar programs reject a whole file for one bad line and take an event for new when
its UID changes, so everything here comes from the data and nothing from the clock. Events
are written by hand, because a library builds a tree for each and takes 20 times as long;
the tests read every byte back with several independent parsers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, vText

from dj_cadence.domain.dates.arithmetic import DAY

PRODUCT = "-//dj-cadence//dj-cadence//ZH"
REFRESH = timedelta(hours=6)
LENGTH = timedelta(hours=1)
"""Of a meeting whose hour is known; how long it takes nobody asks."""
_LINE = 75
"""Octets in a line at most, its end apart."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_END = b"END:VCALENDAR\r\n"


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One entry: all day, or an hour long from an instant."""

    uid: str
    start: date | datetime
    """A local date, or an aware instant."""
    summary: str
    description: str
    address: str
    """Of the page that tells more; empty for none."""
    sequence: int
    changed_at: datetime
    place: str = ""
    color: str = ""
    """One of the names of CSS 3; empty for none."""
    cancelled: bool = False
    busy: bool = False
    """Whether it takes up its time: a meeting with an hour that will be held."""
    alarm: timedelta | None = None
    """From the start to the moment at which a phone may ring; None for never."""


def calendar_bytes(name: str, time_zone: str, events: Sequence[FeedEvent]) -> bytes:
    """A whole calendar, CRLF and folded at 75 octets. `time_zone` is an IANA name."""
    head, end, _ = _head(name, time_zone).partition(_END)
    assert end
    return head + b"".join(map(event_bytes, events)) + _END


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


def event_bytes(event: FeedEvent) -> bytes:
    """One VEVENT, its lines folded and ended."""
    return b"".join(_folded(line) + b"\r\n" for line in _lines(event))


def _lines(event: FeedEvent) -> Iterator[str]:
    changed = _instant(event.changed_at)
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(event.uid)}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"SEQUENCE:{event.sequence}"
    yield from _span(event.start)
    yield f"SUMMARY:{_text(event.summary)}"
    yield f"DESCRIPTION:{_text(event.description)}"
    if event.place:
        yield f"LOCATION:{_text(event.place)}"
    if event.address:
        yield f"URL:{event.address}"
    yield "CATEGORIES:党建"
    if event.color:
        yield f"COLOR:{event.color}"
    # Outlook goes by its own word and takes whole days for busy without it.
    yield f"TRANSP:{'OPAQUE' if event.busy else 'TRANSPARENT'}"
    yield f"X-MICROSOFT-CDO-BUSYSTATUS:{'BUSY' if event.busy else 'FREE'}"
    if event.cancelled:
        yield "STATUS:CANCELLED"
    if event.alarm is not None:
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield f"DESCRIPTION:{_text(event.summary)}"
        yield f"TRIGGER:{_duration(event.alarm)}"
        yield "END:VALARM"
    yield "END:VEVENT"


def _span(start: date | datetime) -> Iterator[str]:
    """Instants are given in UTC, so that no phone has to know a time zone of ours."""
    if isinstance(start, datetime):
        yield f"DTSTART:{_instant(start)}"
        yield f"DTEND:{_instant(start + LENGTH)}"
    else:
        yield f"DTSTART;VALUE=DATE:{start:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{start + DAY:%Y%m%d}"


def _duration(offset: timedelta) -> str:
    """-PT8H, PT8H30M: hours and minutes, which every program reads."""
    minutes = abs(offset) // timedelta(minutes=1)
    hours, rest = divmod(minutes, 60)
    parts = f"{hours}H" if not rest else f"{hours}H{rest}M"
    return f"{'-' if offset < timedelta(0) else ''}PT{parts}"


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    escaped = _clean(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\n", "\\n")


def _clean(text: str) -> str:
    """`text` without what calendars choke on; a lone CR is a line end too."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _folded(line: str) -> bytes:
    """The line in pieces that programs put together again, never cut inside a character."""
    data = line.encode()
    pieces, start, room = [], 0, _LINE
    while len(data) - start > room:
        end = start + room
        while data[end] & 0xC0 == 0x80:  # a byte that continues a character
            end -= 1
        pieces.append(data[start:end])
        start, room = end, _LINE - 1  # the space before it counts
    return b"\r\n ".join([*pieces, data[start:]])
