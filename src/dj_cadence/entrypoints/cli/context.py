"""What every command is given: which site, what time it is, and who acts.

What opens a site is imported only once a command is carried out, here and in the commands:
`--help` and a mistyped word must not wait for the database's library. So annotations are not
evaluated in these modules, but for those of the commands themselves, which typer reads.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dj_cadence import clock
from dj_cadence.entrypoints.cli.output import aside
from dj_cadence.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from dj_cadence.domain.access.visitor import Visitor
    from dj_cadence.domain.organizations.organization import Organization
    from dj_cadence.domain.rules.catalogue import Catalogue
    from dj_cadence.domain.tasks.actor import Actor
    from dj_cadence.services.site import Session, Site
    from dj_cadence.settings import Settings


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened site and the instant of the command."""

    site: Site
    now: datetime

    @property
    def today(self) -> date:
        return self.site.today(self.now)

    @property
    def settings(self) -> Settings:
        return self.site.settings

    @property
    def catalogue(self) -> Catalogue:
        """The version in force."""
        from dj_cadence.services.rules.applied import applied_catalogue

        with self.site.database.read() as session:
            return applied_catalogue(session)

    @contextmanager
    def acting(self, by: str) -> Iterator[Act]:
        """The one transaction in which the person named by --as acts."""
        from dj_cadence.services.access.actors import named_person

        with self.site.database.write() as session:
            yield Act(self.site, self.now, session, named_person(session, by))


@dataclass(frozen=True, slots=True)
class Act(Opened):
    """The one session in which a command looks, or transaction in which it changes something."""

    session: Session
    person: Visitor
    """Whoever is named by --as, else the operator."""

    @property
    def actor(self) -> Actor:
        from dj_cadence.domain.tasks.actor import Actor, Way

        return Actor(self.person.key, self.now, self.today, Way.COMMAND)

    @property
    def catalogue(self) -> Catalogue:
        """The version in force."""
        from dj_cadence.services.rules.applied import applied_catalogue

        return applied_catalogue(self.session)

    def org(self, code: str) -> Organization:
        """Raises Refused where there is none."""
        from dj_cadence.services.roster.named import find_org

        return find_org(self.session, code)

    def on(self, task: int, *others: int) -> tuple[Session, Catalogue, int, Actor]:
        """What all that is done to a task is given first.

        Raises Refused unless the person acts for the organizations of these tasks.
        """
        from dj_cadence.services.access.actors import check_acts_on

        check_acts_on(self.session, self.person, (task, *others), self.today)
        return self.session, self.catalogue, task, self.actor

    def above(self, task: int) -> tuple[Session, Catalogue, int, Actor]:
        """The same for what a superior of the task's organization does."""
        from dj_cadence.services.access.actors import check_decides_on

        check_decides_on(self.session, self.person, task, self.today)
        return self.session, self.catalogue, task, self.actor

    def check_acts_for(self, org_code: str) -> None:
        """Raises Refused unless the person acts for this organization."""
        from dj_cadence.services.access.actors import check_acts_for

        check_acts_for(self.session, self.person, [self.org(org_code).id], self.today)


def folder(ctx: typer.Context) -> Path:
    """The site's folder, as given by --site, DJ_CADENCE_SITE or the working folder.

    A restore that was broken off there is completed first.
    """
    from dj_cadence.services.backup.restore import finish

    place = Path(ctx.obj)
    finish(place)
    return place


def site_folder_or_none(ctx: typer.Context) -> Path | None:
    """The site's folder, or None where there is no site.toml: then the shipped rules alone."""
    place = folder(ctx)
    return place if (place / "site.toml").exists() else None


@contextmanager
def opened(ctx: typer.Context, *, only_read: bool = False) -> Iterator[Opened]:
    """Open the site for one command, and close it afterwards."""
    from dj_cadence.bootstrap import site_in_use

    place = folder(ctx)
    if not (place / "site.toml").exists():
        raise Refused(
            f"{place.resolve()} 不是站点文件夹：里面没有 site.toml。"
            "请用 --site 指明，或先运行 dj-cadence init 文件夹。"
        )
    with site_in_use(place, os.environ, only_read=only_read, tell=aside) as site:
        yield Opened(site, clock.now())


@contextmanager
def reading(ctx: typer.Context) -> Iterator[Act]:
    """Open the site, and a session for looking."""
    from dj_cadence.services.access.actors import OPERATOR

    with opened(ctx, only_read=True) as site, site.site.database.read() as session:
        yield Act(site.site, site.now, session, OPERATOR)


@contextmanager
def acting(ctx: typer.Context, by: str = "", *, changes_plan: bool = False) -> Iterator[Act]:
    """Open the site, and the one transaction in which the person named by --as acts.

    Where it `changes_plan`, the tasks follow at once, in transactions of the planner.
    """
    with opened(ctx) as site:
        with site.acting(by) as act:
            yield act
        if changes_plan:
            from dj_cadence.services.planning.apply import horizon, roll

            until = horizon(site.today)
            roll(site.site.database, site.catalogue, until=until, today=site.today, now=site.now)
