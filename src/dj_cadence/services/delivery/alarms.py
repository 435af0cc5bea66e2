"""Tells the administrators that a channel is broken, once, by another way; and when it is well."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from dj_cadence.chinese import moment_text
from dj_cadence.domain.labels import CHANNELS
from dj_cadence.domain.messages import circuit
from dj_cadence.domain.messages.circuit import Circuit
from dj_cadence.domain.messages.view import ChannelAlertView
from dj_cadence.services.delivery.administrators import tell
from dj_cadence.services.site import Site
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.delivery import circuits


def watch_channels(site: Site, now: datetime) -> bool:
    """Tell what is worth telling of the channels; returns whether there is now a message."""
    with site.database.read() as session:
        found = circuits.every(session)
    told = [
        _each(site, one, now)
        for one in found
        if circuit.is_worth_telling(one, now) or circuit.is_over(one, now)
    ]
    return any(told)


@dataclass(frozen=True, slots=True)
class ShutChannel:
    """A channel on which nothing goes out, in the words of pages and commands."""

    name: str
    text: str
    """In one sentence: since when, what was answered, what happens next."""


def shut_channels(session: Session, settings: Settings, now: datetime) -> list[ShutChannel]:
    """What everybody says of it who speaks of a site's state."""
    return [
        ShutChannel(one.channel, _sentence(one, circuits.waiting(session, one.channel, now), zone))
        for zone in [settings.time_zone]
        for one in circuits.shut(session)
    ]


def _sentence(one: Circuit, waiting: int, zone: ZoneInfo) -> str:
    title = CHANNELS.get(one.channel, one.channel)
    told = "，已告知管理员" if one.told_at else ""
    again = f"，{one.next_try_at.astimezone(zone):%H:%M}再试一封" if one.next_try_at else ""
    what = f"往 {one.domain} 的消息" if one.domain and one.accepted_at else "消息"
    return (
        f"“{title}”自{moment_text(one.since, zone)}起发不出{what}{told}：{one.reason}。"
        f"{waiting} 封在等{again}；按对方的答复处理后，用 channel test {one.channel} 地址 试一次"
    )


def _each(site: Site, known: Circuit, now: datetime) -> bool:
    over = circuit.is_over(known, now)
    with site.database.read() as session:
        waiting = circuits.waiting(session, known.channel, now)
    zone = site.settings.time_zone
    view = ChannelAlertView(
        site_name=site.settings.name,
        channel=known.channel,
        title=CHANNELS.get(known.channel, known.channel),
        since=moment_text(known.since, zone),
        until=moment_text(known.refused_at, zone),
        reason=known.reason,
        waiting=waiting,
        is_over=over,
    )
    rendered = site.templates.render_alert(view)
    with site.database.write() as session:
        found, revision = circuits.load(session, known.channel)
        if found != known:
            return False  # another process was quicker, or there is news
        shut = {one.channel for one in circuits.shut(session)}
        if not over:
            if not tell(session, site, rendered, now, avoiding=shut):
                return False  # it is said on the page, by doctor, audit, metrics and heartbeat
            return circuits.save(session, replace(known, told_at=now), revision)
        circuits.forget(session, known.channel, revision)
        is_news = known.told_at is not None or circuit.was_long(known)
        return is_news and tell(session, site, rendered, now, avoiding=shut) > 0
