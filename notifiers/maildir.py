"""Writes letters into a Maildir, so that everything runs without a mail server."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from dj_cadence.domain.messages.notifier import Letter, Notifier, Sender, Traits
from dj_cadence.errors import DeliveryError
from dj_cadence.transport import mime

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9@._-]")


def open_notifier(options: Mapping[str, object], sender: Sender, folder: Path) -> Notifier:
    """Options: `folder`, the Maildir, relative to the site's folder (default: maildir)."""
    return Maildir(folder / str(options.get("folder", "maildir")), sender)


@dataclass(frozen=True, slots=True)
class Maildir:
    """The three folders tmp, new and cur; made when the first letter comes."""

    folder: Path
    sender: Sender

    @property
    def traits(self) -> Traits:
        return Traits(shown=str(self.folder))

    def send(self, letter: Letter) -> str:
        """Store the letter durably; the answer is where it lies.

        A letter sent twice makes two files with one Message-ID; none is ever overwritten.
        """
        content = mime.build(letter, self.sender).replace(b"\r\n", b"\n")
        name = _file_name(letter.message_id)
        try:
            self._store(name, content)
        except OSError as error:
            raise DeliveryError(f"写不进 Maildir 文件夹：{error.strerror}", down=True) from error
        return f"new/{name}"

    def close(self) -> None:
        """Nothing is kept open."""

    def _store(self, name: str, content: bytes) -> None:
        for part in ("tmp", "new", "cur"):
            (self.folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / "tmp" / name
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self.folder / "new" / name)
        _sync_folder(self.folder / "new")


def _file_name(message_id: str) -> str:
    """Starts with the message's id, so that twins lie side by side."""
    return f"{_NOT_IN_NAMES.sub('_', message_id).lstrip('.')}.{token_hex(8)}"


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
