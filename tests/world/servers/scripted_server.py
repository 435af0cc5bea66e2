"""A server on the loopback of which each connection follows a script of its own."""

import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import IO

Script = Callable[["Peer"], None]


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket, over: Event) -> None:
        self.connection = connection
        self.over = over
        """Set at the end of the test."""
        self.lines: IO[bytes] = connection.makefile("rb")

    def say(self, *lines: str) -> None:
        self.connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self) -> str:
        """The next line, without its end; empty where there is none any more."""
        return self.lines.readline().decode().rstrip("\r\n")

    def encrypt(self, context: ssl.SSLContext) -> None:
        self.lines.close()
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.lines = self.connection.makefile("rb")

    def drip(self, content: bytes) -> None:
        """A byte every now and then, again and again, until the other side has had enough."""
        while not self.over.wait(0.02):
            self.connection.sendall(content[:1])
            content = content[1:] + content[:1]

    def pour(self, content: bytes) -> None:
        """As fast as it is taken, until the other side has had enough."""
        while not self.over.is_set():
            self.connection.sendall(content)

    def reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def hang(self) -> None:
        self.over.wait()


@contextmanager
def scripted_server(*scripts: Script) -> Iterator[int]:
    """Its port. The first connection follows the first script, and so on; the last is for all."""
    over, threads = Event(), []
    waiting = list(scripts)

    def follow(connection: socket.socket, script: Script) -> None:
        peer = Peer(connection, over)
        with suppress(OSError):
            script(peer)
        peer.lines.close()
        peer.connection.close()

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection = listening.accept()[0]
                script = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                threads.append(Thread(target=follow, args=(connection, script)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        accepting = Thread(target=accept)
        accepting.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()
