"""Saved rule files that are faulty or not applied: told once, shown, and nothing stops."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from dj_cadence.bootstrap import load_rules
from dj_cadence.domain.messages.notifier import Letter
from dj_cadence.errors import DeliveryError
from dj_cadence.services.operations import file_watch
from dj_cadence.services.operations.doctor import Finding, examine
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.site import Site, switch_sending
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import message, person
from tests.world.engine import SETTINGS, Channel, a_site, at, tasks

DAY = date(2026, 3, 10)
FAULTY = """\
rows: ["2.4"]
duties:
  theme_party_day:
    tier: X
    every: monht
"""
SOUND = "duties:\n  theme_party_day:\n    day: 6日\n"
TEMPLATE = "dj-cadence plan --apply"


@pytest.fixture
def site(shipped_district: Database, tmp_path: Path) -> Iterator[Site]:
    """The district under the shipped rules, with one administrator that no roster knows."""
    (tmp_path / "schedules" / "duties").mkdir(parents=True)
    settings = replace(SETTINGS, folder=tmp_path, administrators=("admin@example.cn",))
    site = a_site(shipped_district, Channel(), settings)
    switch_sending(site, on=True, today=DAY)
    return site


def write(site: Site, text: str) -> None:
    path = site.settings.folder / "schedules" / "duties" / "own.yaml"
    path.write_text(text, encoding="utf-8")


def passes(site: Site, *instants: datetime) -> list[Letter]:
    """The letters about rule files that went out in these passes."""
    channel = site.notifiers["email"]()
    assert isinstance(channel, Channel)
    before = len(channel.letters)
    for now in instants:
        tick(site, now, owner="test")
    return [one for one in channel.letters[before:] if "规则文件" in one.subject]


def findings(site: Site, now: datetime) -> list[Finding]:
    return examine(site, load_rules(site.settings.folder), now=now)


def test_a_fault_is_told_once_with_its_places_and_lines(site: Site) -> None:
    write(site, FAULTY)

    assert passes(site, at(DAY, 9, 0), at(DAY, 9, 9)) == []  # somebody may be typing
    (letter,) = passes(site, at(DAY, 9, 15), at(DAY, 9, 17), at(DAY, 20), at(date(2026, 3, 11)))

    assert letter.to == "admin@example.cn"
    assert letter.subject == "某区学校党建：规则文件有2处错误，没有采用"
    assert "schedules/duties/own.yaml:4:11: " in letter.text
    assert "    |     tier: X\n    |           ^\n" in letter.text
    assert "    |     every: monht\n    |            ^\n" in letter.text
    assert "是否想写“month”" in letter.text


def test_another_fault_is_told_anew_and_mending_it_is_not(site: Site) -> None:
    write(site, FAULTY)
    passes(site, at(DAY, 9, 0), at(DAY, 9, 15))

    write(site, FAULTY.replace("    tier: X\n", ""))
    (second,) = passes(site, at(DAY, 10, 0), at(DAY, 10, 10), at(DAY, 10, 20))
    assert second.subject == "某区学校党建：规则文件有1处错误，没有采用"

    (site.settings.folder / "schedules" / "duties" / "own.yaml").unlink()
    assert passes(site, at(DAY, 11, 0), at(DAY, 12, 0)) == []
    with site.database.read() as session:
        assert file_watch.rule_file_trouble(session) is None


def test_sound_files_that_are_not_applied_are_told_once(site: Site) -> None:
    write(site, SOUND)

    (letter,) = passes(site, at(DAY, 9, 0), at(DAY, 9, 15), at(DAY, 9, 20), at(DAY, 21))

    assert letter.subject == "某区学校党建：规则文件有改动，还没有应用"
    assert TEMPLATE in letter.text


def test_doctor_names_the_fault_and_is_clean_when_it_is_mended(site: Site) -> None:
    write(site, FAULTY)
    passes(site, at(DAY, 9, 0))
    found = [one.text for one in findings(site, at(DAY, 9, 1)) if not one.well]
    assert found[0].startswith(
        "规则文件：2 处错误；引擎仍用已应用的版本\nschedules/duties/own.yaml:4:11"
    )
    assert "引擎自2026年3月10日（周二） 09:00起发现以上情况，满10分钟仍如此就告知管理员" in found

    passes(site, at(DAY, 9, 15))
    found = [one.text for one in findings(site, at(DAY, 9, 17)) if not one.well]
    assert "引擎自2026年3月10日（周二） 09:00起发现以上情况，已告知管理员" in found

    (site.settings.folder / "schedules" / "duties" / "own.yaml").unlink()
    passes(site, at(DAY, 9, 12))
    for path in site.settings.folder.rglob("*"):  # a test has not the program's umask
        path.chmod(path.stat().st_mode & 0o700)
    assert [one for one in findings(site, at(DAY, 9, 13)) if not one.well] == []


def test_the_applied_version_plans_on_under_faulty_files(site: Site) -> None:
    before = max(row.due for row in tasks(site.database, "theme_party_day", "B1"))
    write(site, FAULTY)

    passes(site, at(date(2026, 6, 6), 9), at(date(2026, 6, 6), 10))

    after = max(row.due for row in tasks(site.database, "theme_party_day", "B1"))
    assert (before, after) == (date(2027, 4, 30), date(2027, 7, 30))


def test_the_files_are_read_again_only_when_one_has_changed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(site, SOUND)
    passes(site, at(DAY, 9, 0))
    reads = []
    real = file_watch.load_catalogue
    monkeypatch.setattr(
        file_watch, "load_catalogue", lambda folders: (reads.append(1), real(folders))[1]
    )

    passes(site, at(DAY, 9, 1), at(DAY, 9, 5))
    assert reads == []
    path = site.settings.folder / "schedules" / "duties" / "own.yaml"
    os.utime(path, ns=(1, 1))
    passes(site, at(DAY, 9, 10), at(DAY, 9, 15))
    assert reads == [1]


def test_an_administrator_of_the_roster_is_written_to_where_they_can_be_reached(
    shipped_district: Database, tmp_path: Path
) -> None:
    settings = replace(SETTINGS, folder=tmp_path, administrators=("zhao@example.cn", "nobody"))
    site = a_site(shipped_district, Channel(), settings)
    switch_sending(site, on=True, today=DAY)
    (tmp_path / "schedules" / "duties").mkdir(parents=True)
    write(site, SOUND)

    (letter,) = passes(site, at(DAY, 9, 0), at(DAY, 9, 15))

    assert (letter.to, letter.to_name) == ("zhao@example.cn", "赵干事")
    with shipped_district.read() as session:
        assert "管理员" not in session.scalars(select(person.c.name)).all()
        kinds = select(message.c.kind, message.c.serial, message.c.state).where(
            message.c.kind == "alert"
        )
        assert [tuple(row) for row in session.execute(kinds)] == [("alert", -1, "sent")]


def test_what_cannot_be_sent_is_tried_again_the_next_day(site: Site) -> None:
    channel = site.notifiers["email"]()
    assert isinstance(channel, Channel)
    write(site, FAULTY)
    channel.fault = DeliveryError("451 later")
    assert passes(site, at(DAY, 9, 0), at(DAY, 9, 15)) == []
    channel.fault = None

    (letter,) = passes(site, at(date(2026, 3, 11), 9))
    assert letter.to == "admin@example.cn"


def test_nobody_hears_of_rule_files_on_a_day_off(site: Site) -> None:
    saturday, monday = date(2026, 3, 7), date(2026, 3, 9)
    write(site, FAULTY)

    assert passes(site, at(saturday, 9), at(saturday, 10), at(date(2026, 3, 8), 9)) == []
    (letter,) = passes(site, at(monday, 9), at(monday, 10))

    assert "<title>某区学校党建：规则文件</title>" in letter.html
