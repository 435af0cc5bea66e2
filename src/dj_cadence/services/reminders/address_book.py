"""Who holds the offices of some organizations today, and how they are reached."""

from collections.abc import Iterable, Mapping
from datetime import date

from dj_cadence.domain.reminders.recipient import Holder
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster import people


class AddressBook:
    """Read once for many organizations; looked up without asking the database again."""

    def __init__(
        self, session: Session, org_ids: Iterable[int], today: date, settings: Settings
    ) -> None:
        held = people.holders(session, list(org_ids), today)
        self._holders: dict[int, dict[str, Holder]] = {}
        for (org_id, office), holder in held.items():
            self._holders.setdefault(org_id, {})[office] = holder
        known = people.addresses(session, [holder.person_id for holder in held.values()])
        self._ways = {
            person: {channel: by[channel] for channel in settings.channels if channel in by}
            for person, by in known.items()
            if any(channel in by for channel in settings.channels)
        }

    @property
    def reachable(self) -> frozenset[int]:
        """The persons who have an address on one of the site's channels."""
        return frozenset(self._ways)

    def holders(self, org_id: int) -> Mapping[str, Holder]:
        """Who holds the offices of one organization, by office."""
        return self._holders.get(org_id, {})

    def ways(self, person_id: int) -> Mapping[str, str]:
        """Addresses by channel, in the order of the site's preference; never empty."""
        return self._ways[person_id]

    def way(self, person_id: int) -> tuple[str, str]:
        """(channel, address) on the channel that the site prefers."""
        return next(iter(self._ways[person_id].items()))
