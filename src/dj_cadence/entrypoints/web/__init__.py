"""The pages, the calendar feeds and the health check: one Starlette application."""

from dj_cadence.entrypoints.web.app import make_app
from dj_cadence.entrypoints.web.request_context import WebContext

__all__ = ["WebContext", "make_app"]
