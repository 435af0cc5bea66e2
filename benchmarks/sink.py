"""A mail server that takes everything and keeps nothing, quick enough not to be what is measured.

Run as a program it prints its port, and serves until its input ends. Its argument is how many
milliseconds it takes for each answer, as a server far away does.
"""

import asyncio
import sys
from typing import cast

DELAY = float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0


class Sink(asyncio.Protocol):
    """SMTP as far as clients speak it to us: commands, also several at a time, then the text."""

    def __init__(self) -> None:
        self._buffer = b""
        self._in_text = False
        self._said: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._say(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """What came together is answered together, as mail servers do (RFC 2920, 3.2)."""
        self._buffer += data
        self._said.clear()
        while self._step():
            pass
        self._say(b"".join(self._said))

    def _say(self, said: bytes) -> None:
        if DELAY:
            asyncio.get_running_loop().call_later(DELAY, self._say_now, said)
        else:
            self._say_now(said)

    def _say_now(self, said: bytes) -> None:
        self._transport.write(said)
        if said.endswith(b"221 bye\r\n"):
            self._transport.close()

    def _step(self) -> bool:
        ending = b"\r\n.\r\n" if self._in_text else b"\r\n"
        found, _, rest = self._buffer.partition(ending)
        if len(found) + len(rest) == len(self._buffer):
            return False
        self._buffer = rest
        if self._in_text:
            self._in_text = False
            self._said.append(b"250 2.0.0 queued\r\n")
        else:
            self._answer(found[:4].upper())
        return True

    def _answer(self, verb: bytes) -> None:
        self._in_text = verb == b"DATA"
        answers = {
            b"EHLO": b"250-sink\r\n250 PIPELINING\r\n",
            b"DATA": b"354 go on\r\n",
            b"QUIT": b"221 bye\r\n",
        }
        self._said.append(answers.get(verb, b"250 OK\r\n"))


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
