"""A roster from files: brought in or only looked at, with what follows from it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.loading.roster_file import read_roster
from dj_cadence.services.planning.first_duties import first_duties
from dj_cadence.services.roster.import_roster import ImportReport, import_roster
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site, state_of
from dj_cadence.services.tasks.record_import import settle_elections


class RosterImport(NamedTuple):
    """What an import did, or would do."""

    report: ImportReport
    owed: list[str]
    """Sentences on what the new organizations will owe."""


def import_files(
    site: Site,
    files: Sequence[Path],
    actor: Actor,
    saved_rules: Callable[[], Catalogue],
    *,
    correct: bool = False,
    dry_run: bool = False,
) -> RosterImport:
    """All of the files or, with one fault in them, nothing; as a dry run nothing either.

    `saved_rules` are those of the files, which tell what will be owed before any were applied.
    """
    row, has_rules = state_of(site.database)
    sheets, faults = read_roster(files)
    with site.database.write() as session:
        report = import_roster(
            session,
            sheets,
            now=actor.now,
            today=actor.today,
            by=actor.name,
            faults=faults,
            correct=correct,
            dry_run=dry_run,
        )
        if report.elections:
            settle_elections(session, applied_catalogue(session), report.elections, actor)
        rules = applied_catalogue(session) if has_rules and report.newcomers else None
    if not report.newcomers:
        return RosterImport(report, [])
    rules = rules or saved_rules()
    duties = first_duties(rules, report.newcomers, row.starts_on, actor.today)
    return RosterImport(report, duties.sentences(rules))
