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
        states = circuits.every(session)
    told = [
        _each(site, state, now)
        for state in states
        if circuit.is_worth_telling(state, now) or circuit.is_over(state, now)
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
        ShutChannel(state.channel, _sentence(session, state, settings.time_zone, now))
        for state in circuits.shut(session)
    ]


def _sentence(session: Session, state: Circuit, zone: ZoneInfo, now: datetime) -> str:
    waiting = circuits.waiting(session, state.channel, now)
    title = CHANNELS.get(state.channel, state.channel)
    told = "，已告知管理员" if state.told_at else ""
    again = f"，{state.next_try_at.astimezone(zone):%H:%M}再试一封" if state.next_try_at else ""
    what = f"往 {state.domain} 的消息" if state.domain and state.accepted_at else "消息"
    return (
        f"“{title}”自{moment_text(state.since, zone)}起发不出{what}{told}：{state.reason}。"
        f"{waiting} 封在等{again}；按对方的答复处理后，用 channel test {state.channel} 地址 试一次"
    )


def _each(site: Site, state: Circuit, now: datetime) -> bool:
    over = circuit.is_over(state, now)
    with site.database.read() as session:
        waiting = circuits.waiting(session, state.channel, now)
    zone = site.settings.time_zone
    view = ChannelAlertView(
        site_name=site.settings.name,
        channel=state.channel,
        title=CHANNELS.get(state.channel, state.channel),
        since=moment_text(state.since, zone),
        until=moment_text(state.refused_at, zone),
        reason=state.reason,
        waiting=waiting,
        is_over=over,
    )
    rendered = site.templates.render_alert(view)
    with site.database.write() as session:
        if circuits.load(session, state.channel) != state:
            return False  # another process was quicker, or there is news
        shut = {shut_state.channel for shut_state in circuits.shut(session)}
        if not over:
            if not tell(session, site, rendered, now, avoiding=shut):
                return False  # it is said on the page, by doctor, audit, metrics and heartbeat
            return circuits.save(session, replace(state, told_at=now))
        circuits.forget(session, state)
        is_news = state.told_at is not None or circuit.was_long(state)
        return is_news and tell(session, site, rendered, now, avoiding=shut) > 0
