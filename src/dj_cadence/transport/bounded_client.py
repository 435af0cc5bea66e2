"""Asking over HTTP, with an end of the time for a whole answer and an upper size of it.

The library's timeouts are for each piece of an answer: one byte a second is never late.
"""

import logging
import socket
from collections.abc import Mapping
from contextlib import suppress
from threading import Timer
from typing import Any

import httpx2

from dj_cadence.transport.socket_reader import TooMuch

MOST_BYTES = 1024 * 1024
_CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")
_SENDS = "http11.send_request_headers.started"
for _talker in ("httpx2", "httpcore2"):  # they log whole addresses, with the keys in them
    logging.getLogger(_talker).setLevel(logging.WARNING)


class BoundedClient:
    """For one thread. Its connection is kept from one question to the next."""

    def __init__(self, seconds: float) -> None:
        """`seconds` are for a whole answer, and for each step on the way to it."""
        self.was_handed_over = False
        """Whether anything of the last question was sent."""
        self._seconds = seconds
        self._client = httpx2.Client(timeout=seconds)
        self._socket: socket.socket | None = None
        self._is_late = False

    def ask(
        self, method: str, url: httpx2.URL | str, **asked: Any
    ) -> tuple[httpx2.Response, bytes]:
        """The answer, and its body. Redirections are not followed, nothing is unpacked.

        `asked` may be the content and headers, as httpx2 takes them.
        Raises what httpx2 does, TimeoutError where the answer is late and TooMuch where it is
        too long; the client is of no more use then.
        """
        self.was_handed_over = self._is_late = False
        asked["headers"] = {"Accept-Encoding": "identity", **asked.get("headers", {})}
        asked["extensions"] = {"trace": self._notice}
        body = bytearray()
        timer = Timer(self._seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            with self._client.stream(method, url, **asked) as response:
                for piece in response.iter_raw():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise TooMuch
        except httpx2.HTTPError as error:
            if self._is_late or isinstance(error, httpx2.ReadTimeout):
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()
        if self._is_late:  # cut where its length was not known beforehand
            raise TimeoutError
        return response, bytes(body)

    def close(self) -> None:
        self._client.close()

    def _notice(self, event: str, info: Mapping[str, Any]) -> None:
        if event in _CONNECTED:
            self._socket = info["return_value"].get_extra_info("socket")
        self.was_handed_over |= event == _SENDS

    def _cut(self) -> None:
        """Which makes whatever waits for the other side raise."""
        self._is_late = True
        if self._socket is not None:
            with suppress(OSError):  # of the plain socket, also of an encrypted one
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
