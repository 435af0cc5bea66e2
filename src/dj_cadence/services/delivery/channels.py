"""The channels of a site: what there is, and whether a message gets through."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from dj_cadence.domain.messages.notifier import Audience, Letter, Traits, traits
from dj_cadence.domain.messages.view import MessageView
from dj_cadence.errors import Blame, DeliveryError, Refused
from dj_cadence.problems import suggestion
from dj_cadence.services.site import Site
from dj_cadence.store.delivery import addresses, circuits
from dj_cadence.store.roster import people

_MEANING = {
    Blame.ADDRESS: "对方说没有这个地址",
    Blame.MAILBOX: "对方现在收不了，过几天再试",
    Blame.CHANNEL: "对方拒绝的是本站，与地址无关",
    Blame.LETTER: "对方不收这一封",
    Blame.PASSING: "过一会儿可以再试",
}


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of the settings, as it may be shown to anybody."""

    name: str
    notifier: str
    traits: Traits
    good: int
    """How many addresses it has."""
    bad: int
    """How many more it has that do not work."""
    aside: int
    """How many more that are left alone for some days."""
    shut: str
    """Why nothing goes out on it now; empty: it does."""


def list_channels(site: Site) -> list[Channel]:
    """In the order of preference."""
    with site.database.read() as session:
        counts = people.address_counts(session)
        shut = {state.channel: state.reason for state in circuits.shut(session)}
    return [
        Channel(
            name,
            chosen.notifier,
            traits(site.notifiers[name]()),
            counts.get((name, "ok"), 0),
            counts.get((name, "bad"), 0),
            counts.get((name, "aside"), 0),
            shut.get(name, ""),
        )
        for name, chosen in site.settings.channels.items()
    ]


def test_channel(site: Site, name: str, address: str, now: datetime) -> str:
    """Send one message through a channel now; returns what the other side answered.

    It is outside of bundling, of the main switch and of the ledger. Where it gets through,
    an address that was marked bad is good again, and a channel that was shut sends on.
    Raises Refused where it does not.
    """
    if name not in site.notifiers:
        hint = suggestion(name, site.notifiers)
        raise Refused(f"没有名为“{name}”的通道{hint or '。用 channel list 查看。'}")
    notifier = site.notifiers[name]()
    try:
        reply = notifier.send(_letter(site, traits(notifier).form, address, now))
    except DeliveryError as error:
        raise Refused(f"没有送达（{_MEANING[error.blame]}）：{error.reply}") from None
    finally:
        notifier.close()
    with site.database.write() as session:
        addresses.mend(session, name, address, now)
        circuits.reopen(session, name, now)
    return reply


def _letter(site: Site, form: Audience, address: str, now: datetime) -> Letter:
    local = now.astimezone(site.settings.time_zone)
    domain = site.settings.sender_address.rpartition("@")[2]
    view = MessageView(
        site_name=site.settings.name,
        person_name="",
        day=local.date(),
        late=False,
        items=(),
        digests=(),
        link=site.settings.web_address,
    )
    rendered = site.templates.render(view, form, home=view.link)
    # A text of its own each time: some services pass over what they have had before.
    rendered = rendered._replace(text=f"{rendered.text}{local:%Y-%m-%d %H:%M:%S}\n")
    return Letter(
        f"test.{uuid4().hex}@{domain}",
        address,
        "",
        *rendered,
        date=local.isoformat(timespec="seconds"),
        headers=(("Auto-Submitted", "auto-generated"),) if form is Audience.MAIL else (),
        form=form,
    )
