"""The calendar as programs read it, whatever stands in names and notes."""

from datetime import UTC, date, datetime, timedelta

import recurring_ical_events
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from dj_cadence.feeds import FeedEvent, calendar_bytes

CHANGED = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
HOSTILE = "，；\\n\\, ; : \"'<b>&amp; 😀\nBEGIN:VEVENT\r\nDTSTART:20200101\rX:1"


def event(**changes: object) -> FeedEvent:
    values: dict[str, object] = {
        "uid": "task-1@u1",
        "day": date(2026, 3, 5),
        "summary": "【待办】主题党日 2026年3月",
        "description": "最迟：3月31日\n依据：基本要求 2.4",
        "address": "https://dj.example.org/orgs/S1-1",
        "category": "党建",
        "sequence": 3,
        "changed_at": CHANGED,
    }
    return FeedEvent(**(values | changes))  # type: ignore[arg-type]


def parsed(*events: FeedEvent, name: str = "青禾小学") -> Calendar:
    return Calendar.from_ical(calendar_bytes(name, "Asia/Shanghai", events))


def test_a_whole_calendar_byte_for_byte() -> None:
    lines = calendar_bytes("青禾小学", "Asia/Shanghai", [event(cancelled=True)]).decode()
    assert lines.split("\r\n") == [
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
        "SUMMARY:【待办】主题党日 2026年3月",
        "DTSTART;VALUE=DATE:20260305",
        "DTEND;VALUE=DATE:20260306",
        "DTSTAMP:20260301T083000Z",
        "UID:task-1@u1",
        "SEQUENCE:3",
        "CATEGORIES:党建",
        "DESCRIPTION:最迟：3月31日\\n依据：基本要求 2.4",
        "LAST-MODIFIED:20260301T083000Z",
        "STATUS:CANCELLED",
        "TRANSP:TRANSPARENT",
        "URL:https://dj.example.org/orgs/S1-1",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_another_program_finds_the_event_on_its_day_and_on_no_other() -> None:
    calendar = parsed(event())
    assert len(recurring_ical_events.of(calendar).at(date(2026, 3, 5))) == 1
    assert recurring_ical_events.of(calendar).at(date(2026, 3, 6)) == []
    assert recurring_ical_events.of(calendar).at(date(2026, 3, 4)) == []


def test_hostile_text_stays_text() -> None:
    [found] = parsed(event(summary=HOSTILE, description=HOSTILE), name=HOSTILE).walk("VEVENT")
    expected = HOSTILE.replace("\r\n", "\n").replace("\r", "\n")
    assert str(found["SUMMARY"]) == expected
    assert str(found["DESCRIPTION"]) == expected
    assert found.errors == []


def test_the_name_stays_one_line() -> None:
    data = calendar_bytes("甲,乙;丙\n丁\\", "Asia/Shanghai", [])
    named = [line for line in data.decode().split("\r\n") if "NAME:" in line]
    assert named == [r"NAME:甲\,乙\;丙\n丁\\", r"X-WR-CALNAME:甲\,乙\;丙\n丁\\"]


def test_control_characters_are_left_out() -> None:
    [found] = parsed(event(summary="党\x00\x0b\x1f\x7f\x85\u2028日\ud800")).walk("VEVENT")
    assert str(found["SUMMARY"]) == "党日"


@given(st.text(max_size=400), st.text(max_size=400))
def test_no_text_breaks_the_lines(summary: str, name: str) -> None:
    events = [event(summary=summary, description=summary)]
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
    assert parsed()["REFRESH-INTERVAL"].dt == timedelta(hours=6)
