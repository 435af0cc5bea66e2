"""The composition root: from a folder to an opened site."""

import gc
import importlib
import importlib.util
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from dj_cadence import clock
from dj_cadence.domain.messages.notifier import Letter, OpenNotifier, Sender, Traits
from dj_cadence.errors import DeliveryError, Refused
from dj_cadence.loading.rules.catalogue import LoadedRules, load_catalogue, shipped_schedules
from dj_cadence.services.backup.restore import is_unconfirmed
from dj_cadence.services.operations.new_site_database import found_if_new
from dj_cadence.services.site import Site
from dj_cadence.settings import ChannelSettings, Settings
from dj_cadence.settings.reading import read_settings
from dj_cadence.store.core.database import Database, open_beside, open_database
from dj_cadence.store.core.unusable import explained
from dj_cadence.store.site.folder_lock import in_use

if TYPE_CHECKING:
    from dj_cadence.rendering.templates import Templates
    from dj_cadence.transport.mailbox import BounceBox

__all__ = ["open_beside"]  # the rest is said here

_log = logging.getLogger(__name__)


class _Unconfirmed:
    """In the place of a notifier that came with a backup, while nobody has agreed to it."""

    _REPLY = "渠道程序来自备份，还没有人确认；看过后运行 send on"
    traits = Traits(shown=_REPLY)

    def send(self, _letter: Letter) -> str:
        raise DeliveryError(self._REPLY, down=True)

    def close(self) -> None:
        """Nothing was opened."""


def load_rules(folder: Path | None = None) -> LoadedRules:
    """The shipped rules, with those of a site's folder laid over them."""
    own = [folder / "schedules"] if folder else []
    return load_catalogue([shipped_schedules(), *own])


def open_site(
    folder: Path,
    environ: Mapping[str, str],
    *,
    asked: bool = False,
    only_read: bool = False,
    tell: Callable[[str], object] = _log.info,
) -> Site:
    """Open the site in `folder`; its database is brought to this version's layout.

    One that is new and empty is set up, and `tell` hears of it; `asked` where a person wants it
    so. Raises SettingsError for faults in site.toml, Refused for a database that cannot be used,
    and for a channel that does not open, unless the site is `only_read`.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    settings = read_settings(folder, environ)
    database = open_database(settings.database)
    today = clock.now().astimezone(settings.time_zone).date()
    try:
        if done := found_if_new(settings, database, today=today, asked=asked):
            tell(done)
        return assemble(settings, database, only_read=only_read)
    except BaseException:
        database.close()
        raise


@contextmanager
def site_in_use(
    folder: Path, environ: Mapping[str, str], *, only_read: bool, tell: Callable[[str], object]
) -> Iterator[Site]:
    """The site in `folder` for as long as the block lasts, while nobody may replace it.

    Raises as open_site does, and Refused where its database is out of reach meanwhile.
    """
    with in_use(folder):
        site = open_site(folder, environ, only_read=only_read, tell=tell)
        try:
            with explained(site.database, at_work=True):
                yield site
        finally:
            site.database.close()


def assemble(settings: Settings, database: Database, *, only_read: bool = False) -> Site:
    """A site from settings and an opened database; channels that do not open are told of now."""
    bounces = partial(_open_bounces, settings) if settings.bounces else None
    templates, notifiers = partial(open_templates, settings), partial(open_notifiers, settings)
    site = Site(settings, database, templates, notifiers, bounces)
    if not only_read:
        _ = site.notifiers  # raises Refused now, and not at the first letter
    return site


def _open_bounces(settings: Settings) -> "BounceBox":
    from dj_cadence.transport.mailbox import open_box  # noqa: PLC0415

    return open_box(settings.bounces or {}, settings.folder)


def template_folders(settings: Settings) -> list[Path]:
    """The site's own templates, then the shipped ones; those of a backup wait for a person."""
    shipped = Path(str(files("dj_cadence") / "templates"))
    folder = settings.folder
    return [shipped] if is_unconfirmed(folder) else [folder / "templates", shipped]


def open_templates(settings: Settings) -> "Templates":
    from dj_cadence.rendering.templates import Templates  # noqa: PLC0415 - slow to load

    return Templates(template_folders(settings))


def open_notifiers(settings: Settings) -> dict[str, OpenNotifier]:
    """What opens a notifier, for each channel of the settings."""
    sender = Sender(settings.sender_name, settings.sender_address)
    chosen = settings.channels.items()
    return {channel: _notifier(settings.folder, options, sender) for channel, options in chosen}


def _notifier(folder: Path, chosen: ChannelSettings, sender: Sender) -> OpenNotifier:
    if _own_module(folder, chosen.notifier).exists() and is_unconfirmed(folder):
        return _Unconfirmed
    module = _module(folder, chosen.notifier)
    try:
        module.open_notifier(chosen.options, sender, folder).close()
    except Exception as error:  # noqa: BLE001  its text is left out: the options hold secrets
        raise Refused(
            f"[channels.{chosen.channel}]：{chosen.notifier} 用不了这些设置"
            f"（{type(error).__name__}）。请核对 site.toml。"
        ) from None
    return partial(module.open_notifier, chosen.options, sender, folder)


def _own_module(folder: Path, name: str) -> Path:
    return folder / "notifiers" / f"{name}.py"


def _module(folder: Path, name: str) -> ModuleType:
    """The site's own notifier of that name, else the shipped one."""
    own = _own_module(folder, name)
    if not own.exists():
        return importlib.import_module(f"dj_cadence.notifiers.{name}")
    spec = importlib.util.spec_from_file_location(f"dj_cadence_site_notifiers.{name}", own)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a user's file raises is a fault of that file
        raise Refused(f"{own}：通知渠道文件无法加载（{error}）。请修正后再试。") from error
    return module


def render_settings(*, name: str, local_administrator: bool, port: int, database: str = "") -> str:
    """The commented site.toml of a new site; empty `database`: a file in its folder."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    shipped = Environment(
        loader=FileSystemLoader(str(files("dj_cadence") / "templates")),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - TOML, not HTML
        keep_trailing_newline=True,
    )
    return shipped.get_template("site/site.toml").render(
        name=name, local_administrator=local_administrator, port=port, database=database
    )
