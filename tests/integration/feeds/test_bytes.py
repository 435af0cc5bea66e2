"""The calendar as programs read it, whatever stands in names and notes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
import vobject
from hypothesis import given
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

from dj_cadence.rendering.icalendar_text import FeedEvent, calendar_bytes

CHANGED = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
HOSTILE = "，；\\n\\, ; : \"'<b>&amp; 😀👩‍👩‍👧\nBEGIN:VEVENT\r\nDTSTART:20200101\rX:1 \\\\n"
TITLE = "关于进一步做好新时代中小学校党组织“三会一课”、主题党日和组织生活会工作的通知；" * 8
PRINTABLE = st.text(st.characters(blacklist_categories=["Cs"]), max_size=300)


def event(**changes: object) -> FeedEvent:
    values: dict[str, object] = {
        "uid": "task-1@u1",
        "start": date(2026, 3, 5),
        "summary": "【待办】主题党日 2026年3月",
        "description": "最迟：3月31日\n依据：《支部条例》第九条",
        "address": "https://dj.example.org/orgs/S1-1#task-1",
        "sequence": 3,
        "changed_at": CHANGED,
    }
    return FeedEvent(**(values | changes))  # type: ignore[arg-type]


def written(*events: FeedEvent, name: str = "青禾小学") -> bytes:
    return calendar_bytes(name, "Asia/Shanghai", events)


def test_a_whole_calendar_is_written_byte_for_byte() -> None:
    whole = event(cancelled=True, place="二楼", color="gray", alarm=timedelta(hours=-8))
    assert written(whole).decode().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//dj-cadence//dj-cadence//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:青禾小学",
        "X-WR-CALNAME:青禾小学",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
        "X-WR-TIMEZONE:Asia/Shanghai",
        "BEGIN:VEVENT",
        "UID:task-1@u1",
        "DTSTAMP:20260301T083000Z",
        "LAST-MODIFIED:20260301T083000Z",
        "SEQUENCE:3",
        "DTSTART;VALUE=DATE:20260305",
        "DTEND;VALUE=DATE:20260306",
        "SUMMARY:【待办】主题党日 2026年3月",
        "DESCRIPTION:最迟：3月31日\\n依据：《支部条例》第九条",
        "LOCATION:二楼",
        "URL:https://dj.example.org/orgs/S1-1#task-1",
        "CATEGORIES:党建",
        "COLOR:gray",
        "TRANSP:TRANSPARENT",
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "STATUS:CANCELLED",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:【待办】主题党日 2026年3月",
        "TRIGGER:-PT8H",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_another_program_finds_the_event_on_its_day_and_on_no_other() -> None:
    calendar = Calendar.from_ical(written(event()))
    assert len(recurring_ical_events.of(calendar).at(date(2026, 3, 5))) == 1
    assert recurring_ical_events.of(calendar).at(date(2026, 3, 6)) == []
    assert recurring_ical_events.of(calendar).at(date(2026, 3, 4)) == []


@pytest.mark.parametrize(
    ("alarm", "trigger"),
    [
        (timedelta(hours=-8), "-PT8H"),
        (timedelta(hours=8, minutes=30), "PT8H30M"),
        (timedelta(days=-3, hours=9, minutes=5), "-PT62H55M"),
        (timedelta(minutes=-30), "-PT0H30M"),
        (timedelta(0), "PT0H"),
    ],
)
def test_an_alarm_is_read_as_it_was_meant(alarm: timedelta, trigger: str) -> None:
    data = written(event(alarm=alarm))
    assert f"TRIGGER:{trigger}\r\n" in data.decode()
    [found] = Calendar.from_ical(data).walk("VALARM")
    assert found["TRIGGER"].dt == alarm


def test_an_hour_is_written_in_utc() -> None:
    start = datetime(2026, 3, 5, 14, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    [found] = Calendar.from_ical(written(event(start=start))).walk("VEVENT")
    assert found["DTSTART"].dt == datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
    assert found["DTEND"].dt == datetime(2026, 3, 5, 7, 30, tzinfo=UTC)


# --- three programs that have nothing in common ------------------------------------------------

Read = Callable[[bytes], list[tuple[str, str, str, str, int]]]


def by_icalendar(data: bytes) -> list[tuple[str, str, str, str, int]]:
    calendar = Calendar.from_ical(data)
    found = calendar.walk("VEVENT")
    assert [calendar.errors, *(one.errors for one in found)] == [[]] * (len(found) + 1)
    names = ("UID", "SUMMARY", "DESCRIPTION", "LOCATION")
    return [(*(str(one.get(name, "")) for name in names), int(one["SEQUENCE"])) for one in found]


def by_ical(data: bytes) -> list[tuple[str, str, str, str, int]]:
    calendar = IcsCalendarStream.calendar_from_ics(data.decode())
    return [
        (e.uid, e.summary or "", e.description or "", e.location or "", e.sequence or 0)
        for e in calendar.events
    ]


def by_vobject(data: bytes) -> list[tuple[str, str, str, str, int]]:
    calendar = vobject.readOne(data.decode())
    return [
        (
            e.uid.value,
            e.summary.value,
            e.description.value,
            e.location.value if "location" in e.contents else "",
            int(e.sequence.value),
        )
        for e in calendar.contents.get("vevent", [])
    ]


PARSERS = pytest.mark.parametrize("read", [by_icalendar, by_ical, by_vobject])


@PARSERS
@pytest.mark.parametrize("text", [HOSTILE, TITLE, "\\;\\,\\N\\\\", '"', "é" * 75, "😀" * 40])
def test_hostile_text_stays_text(read: Read, text: str) -> None:
    one, other = event(summary=text, description=text, place=text), event(uid="task-2@u1")
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    assert read(written(one, other, name=text)) == [
        ("task-1@u1", expected, expected, expected, 3),
        ("task-2@u1", other.summary, other.description, "", 3),
    ]


@PARSERS
@given(st.lists(PRINTABLE.filter(str.strip), min_size=1, max_size=3))
def test_whatever_a_person_types_comes_back(read: Read, texts: list[str]) -> None:
    typed = ["".join(c for c in text if c.isprintable() or c == "\n").strip() for text in texts]
    typed = [text or "空" for text in typed]
    events = [event(uid=f"task-{n}@u1", summary=t, description=t) for n, t in enumerate(typed)]
    assert read(written(*events)) == [(e.uid, e.summary, e.description, "", 3) for e in events]


@PARSERS
def test_an_alarm_and_an_hour_are_understood(read: Read) -> None:
    start = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
    alarm = timedelta(hours=-1)
    whole = event(start=start, alarm=alarm, busy=True, color="firebrick", cancelled=True)
    assert len(read(written(whole))) == 1


# --- lines -------------------------------------------------------------------------------------


def test_the_name_stays_one_line() -> None:
    data = calendar_bytes("甲,乙;丙\n丁\\", "Asia/Shanghai", [])
    named = [line for line in data.decode().split("\r\n") if "NAME:" in line]
    assert named == [r"NAME:甲\,乙\;丙\n丁\\", r"X-WR-CALNAME:甲\,乙\;丙\n丁\\"]


def test_control_characters_are_left_out() -> None:
    [found] = by_icalendar(written(event(summary="党\x00\x0b\x1f\x7f\x85\u2028日\ud800")))
    assert found[1] == "党日"


@given(st.text(max_size=400), st.text(max_size=400))
def test_no_text_breaks_the_lines(summary: str, name: str) -> None:
    events = [event(summary=summary, description=summary, place=summary, alarm=timedelta(0))]
    data = calendar_bytes(name, "Asia/Shanghai", events)
    assert data == calendar_bytes(name, "Asia/Shanghai", events)
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    for line in lines:
        line.decode()  # never cut inside a character
    assert lines.count(b"BEGIN:VEVENT") == 1
    assert len(Calendar.from_ical(data).walk("VEVENT")) == 1


def test_the_refresh_interval_is_a_duration() -> None:
    assert Calendar.from_ical(written())["REFRESH-INTERVAL"].dt == timedelta(hours=6)
