"""Conditions that queries of many subjects have in common."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_

from dj_cadence.domain.organizations.organization import Organization, TreeRange
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import appointment, message, org, start_event


def holds_office(
    day: date | ColumnElement[date], of: FromClause = appointment
) -> ColumnElement[bool]:
    """That an appointment is in force on `day`; its first and its last day count."""
    return and_(of.c.since <= day, of.c.until >= day)


def in_subtree(
    top: Organization | AnyRow | FromClause, of: FromClause = org
) -> ColumnElement[bool]:
    """That an organization is `top`, a row or a table of organizations, or lies below it."""
    ends: Any = top.c if isinstance(top, FromClause) else top
    return of.c.position.between(ends.position, ends.subtree_end)


def in_range(positions: TreeRange, of: FromClause = org) -> ColumnElement[bool]:
    """That an organization lies at one of these positions."""
    return of.c.position.between(positions.first, positions.last)


def is_current_election(of: FromClause = start_event) -> ColumnElement[bool]:
    """That a start event is the election whose term is running."""
    return and_(of.c.kind == "election", of.c.current)


def is_asked_for(of: FromClause = message) -> ColumnElement[bool]:
    """That a message was asked for by a person and is not one of the day's: serial below 0."""
    return of.c.serial < 0
