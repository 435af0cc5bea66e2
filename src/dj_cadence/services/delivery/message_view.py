"""The sources of a message as what its template is handed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.messages.claim import Claim
from dj_cadence.domain.messages.view import Item, MessageView, discreet
from dj_cadence.domain.reminders.plan import ASKED, NEWCOMER
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.citation import basis_line
from dj_cadence.domain.tasks.task import State, last_answer_day, overdue_days
from dj_cadence.rendering.templates import digest_page
from dj_cadence.services.delivery.message_sources import MessageSources
from dj_cadence.settings import Settings
from dj_cadence.store.delivery.message_content import ItemBody, SuperiorTold


def names_of(claim: Claim, sources: MessageSources, link: str) -> tuple[str, ...]:
    """All that is about the reader alone; `message_view` puts it in its places."""
    _, role, host = sources.introduction
    own = (head.org_name for head in sources.contents.heads)
    return (claim.person_name, link, sources.contact, role, host, *own)


@dataclass(frozen=True)
class ViewBuilder:
    """Makes the views of one site's messages."""

    catalogue: Catalogue
    settings: Settings

    def message_view(
        self, claim: Claim, sources: MessageSources, names: Sequence[str]
    ) -> MessageView:
        """The view with `names` in the order of `names_of`."""
        person_name, link, contact, role, host, *org_names = names
        bodies = sources.contents.read_bodies()
        heads = sources.contents.heads
        each = zip(heads, org_names, bodies, sources.superiors, strict=True)
        return MessageView(
            site_name=self.settings.name,
            person_name=person_name,
            day=claim.day,
            late=claim.late,
            items=tuple(
                self._item(claim, head.task_id, org_name, body, superiors)
                for head, org_name, body, superiors in each
            ),
            digests=sources.digests,
            left_out=tuple(
                digest_page(self.settings.web_address, digest)
                for digest in sources.digests
                if claim.edition
            ),
            link=link,
            contact=contact,
            first=sources.introduction.first,
            role=role,
            host=host,
            held=sources.held,
            took_over=any(body.reminder_step == NEWCOMER for body in bodies),
            more_digests=sources.more_digests,
        )

    def _item(
        self,
        claim: Claim,
        task_id: int,
        org_name: str,
        body: ItemBody,
        superiors: Sequence[SuperiorTold],
    ) -> Item:
        title = self.catalogue.title(body.duty, body.step)
        instructions = self.catalogue.instructions(body.duty, body.step)
        duty, calendar = self.catalogue.duties.get(body.duty), self.catalogue.calendar
        asked_on = body.asked_on if body.reminder_step == ASKED else None
        item = Item(
            task_id=task_id,
            org_name=org_name,
            title=f"{title}：{body.about}" if body.about else title,
            period=chinese_label(body.label),
            opens=body.opens,
            planned=body.planned,
            due=body.due,
            state=body.state,
            reminder_step=body.reminder_step,
            provisional=body.provisional,
            target=body.target,
            done=body.amount,
            unit=body.unit,
            office=body.office,
            relay=body.relay,
            basis=basis_line(duty, self.catalogue.step(body.duty, body.step)) if duty else "",
            instructions=f"主题：{body.theme}。{instructions}" if body.theme else instructions,
            overdue_days=overdue_days(claim.day, body.due, State(body.state)),
            answer_by=last_answer_day(asked_on, calendar) if asked_on else None,
            of_case=body.of_case,
            level=body.level,
            sent_back=body.sent_back,
            reported=_names(
                superior for superior in superiors if superior.reached and not body.level
            ),
            passed_over=_names(
                superior
                for superior in superiors
                if not superior.reached and (not body.level or superior.level < body.level)
            ),
        )
        about_person = self.catalogue.is_confidential(body.duty, -body.of_case)
        return discreet(item) if about_person else item


def _names(superiors: Iterable[SuperiorTold]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(superior.name for superior in superiors))
