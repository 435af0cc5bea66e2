"""The port at which the pages are served: the one that was asked for, else a free one."""

import socket
from urllib.parse import urlsplit

from dj_cadence.chinese import os_reason
from dj_cadence.errors import Refused
from dj_cadence.services.site import Site

FIRST_PORT = 8000
_TRIES = 100


def listen(host: str, port: int | None, first: int = FIRST_PORT) -> socket.socket:
    """A listening socket on `port`, or on the next free port from `first` on.

    Raises Refused where the port that was asked for is taken.
    """
    for candidate in [port] if port is not None else range(first, first + _TRIES):
        try:
            is_6 = ":" in host  # whoever asks for "::" means IPv4 too
            family = socket.AF_INET6 if is_6 else socket.AF_INET
            both = is_6 and socket.has_dualstack_ipv6()
            where = (host, candidate)
            return socket.create_server(where, family=family, backlog=128, dualstack_ipv6=both)
        except OSError as error:
            reason = os_reason(error.errno)
    if port is not None:
        raise Refused(f"端口 {port} 用不了（{reason}）。请换一个 --port，或不写端口自动选择。")
    raise Refused(f"从 {first} 起的 {_TRIES} 个端口都被占用。请用 --port 指定一个空闲端口。")


def configured_port(site: Site) -> int:
    """The port that links in messages name, where they lead to this machine."""
    port = urlsplit(site.settings.web_address).port if is_linked_here(site) else None
    return port or FIRST_PORT


def is_linked_here(site: Site) -> bool:
    """Whether links lead to this process itself, and not to a proxy or a name of its own."""
    return urlsplit(site.settings.web_address).hostname == "127.0.0.1"
