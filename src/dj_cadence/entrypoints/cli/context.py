"""What every command is given: which site, and what time it is."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import typer

from dj_cadence import clock
from dj_cadence.bootstrap import open_site
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.way import Way
from dj_cadence.entrypoints.cli.output import aside
from dj_cadence.errors import Refused
from dj_cadence.services.backup.restore import finish
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Session, Site
from dj_cadence.store.core.unusable import out_of_reach_explained
from dj_cadence.store.roster import people
from dj_cadence.store.site.folder_lock import in_use

OPERATOR = "操作员"
"""Who acted, where a command was not told."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened site and the instant of the command."""

    site: Site
    now: datetime

    @property
    def today(self) -> date:
        return self.site.today(self.now)

    def catalogue(self) -> Catalogue:
        """The version in force."""
        with self.site.database.read() as session:
            return applied_catalogue(session)

    def actor(self, given: str) -> Actor:
        """Who acts: the person named by --as, or the operator. Raises Refused for an unknown."""
        name = OPERATOR
        if given:
            with self.site.database.read() as session:
                name = people.find_person(session, given).key
        return Actor(name, self.now, self.today, Way.COMMAND)


def folder(ctx: typer.Context) -> Path:
    """The site's folder, as given by --site, DJ_CADENCE_SITE or the working folder.

    A restore that was broken off there is completed first.
    """
    place = Path(ctx.obj)
    finish(place)
    return place


def site_folder_or_none(ctx: typer.Context) -> Path | None:
    """The site's folder, or None where there is no site.toml: then the shipped rules alone."""
    found = folder(ctx)
    return found if (found / "site.toml").exists() else None


@contextmanager
def opened(ctx: typer.Context) -> Iterator[Opened]:
    """Open the site for one command, and close it afterwards."""
    place = folder(ctx)
    if not (place / "site.toml").exists():
        raise Refused(
            f"{place.resolve()} 不是站点文件夹：里面没有 site.toml。"
            "请用 --site 指明，或先运行 dj-cadence init 文件夹。"
        )
    with in_use(place):
        site = open_site(place, os.environ, tell=aside)
        try:
            with out_of_reach_explained(site.database):
                yield Opened(site, clock.now())
        finally:
            site.database.engine.dispose()


def act(ctx: typer.Context, by: str, do: Callable[[Opened, Session, Actor], None]) -> None:
    """Open the site and `do` something in one transaction, as the person named by --as."""
    with opened(ctx) as site:
        actor = site.actor(by)
        with site.site.database.write() as session:
            do(site, session, actor)
