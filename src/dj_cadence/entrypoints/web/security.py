"""What guards every request: known hosts, safe headers, small forms, forms of our own."""

import hmac
from collections.abc import AsyncGenerator, Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dj_cadence.entrypoints.web import labels
from dj_cadence.signing import make_token

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
FORM_BYTES = 64 * 1024
FORM_FIELDS = 200
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
LETTER_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""A letter carries its styles inline; its frame is sandboxed and inherits this policy."""
SAFE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Told(HTTPException):
    """A status, 403 if no other, with what the visitor is told about it in Chinese."""

    def __init__(self, text: str, status: int = HTTPStatus.FORBIDDEN) -> None:
        super().__init__(status, text)


class SafeHeaders:
    """Adds the safe headers to every response that does not set its own.

    A 304 has nothing to be shown, and leaves a copy's own headers as they are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safely(event: Message) -> None:
            starts = event["type"] == "http.response.start"
            if starts and event["status"] != HTTPStatus.NOT_MODIFIED:
                headers = MutableHeaders(scope=event)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(event)

        await self.app(scope, receive, send_safely)


class KnownHosts:
    """Answers only to the site's own names, so that no foreign name can be bent to us."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self.hosts = frozenset(filter(None, hosts)) | LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and host_name(Headers(scope=scope)) not in self.hosts:
            refusal = PlainTextResponse("请使用本站点设置的网址访问。", status_code=400)
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)


def host_name(headers: Headers) -> str:
    """The name in the Host header without its port, in lower case; empty when malformed."""
    return _host_name(headers.get("host", ""))


@lru_cache(maxsize=100)
def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_local(request: Request) -> bool:
    """Whether the visitor sits at this machine and no proxy stands between.

    The Host header counts too: a foreign name that resolves to the loopback address
    (DNS rebinding) is no local visitor.
    """
    forwarded = any(
        name.startswith("x-forwarded") or name in ("forwarded", "via", "x-real-ip")
        for name in request.headers
    )
    client = request.client.host if request.client else ""
    return client in LOOPBACK and host_name(request.headers) in LOOPBACK and not forwarded


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a small URL-encoded form. Raises HTTPException for anything else."""
    if content_kind(request) != "application/x-www-form-urlencoded":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = b""
    async for chunk in limited(request, FORM_BYTES):
        body += chunk
    try:
        fields = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from error
    return {name: clean(value) for name, value in fields}


def content_kind(request: Request) -> str:
    """The media type of what is sent, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def limited(
    request: Request, most: int, message: str = "", patience: int = 0
) -> AsyncGenerator[bytes, None]:
    """What is sent, piece by piece. Raises Told, which says `message`, beyond `most` bytes.

    So many bytes of `patience` are read on and dropped: a browser shows no answer that comes
    while it is still sending.
    """
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received <= most:
            yield chunk
        elif received > most + patience:
            break
    if received > most:
        raise Told(message, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def clean(value: str) -> str:
    """A field's text; NUL is the one character that a PostgreSQL text cannot hold."""
    return value.replace("\x00", "").strip()


def form_token(key: bytes, holder: str) -> str:
    """The secret in every form; `holder` is what lets the visitor in."""
    return make_token(key, "form", holder, 1)


def check_form(request: Request, form: Mapping[str, str], expected: str) -> None:
    """Raise Told unless the form came from a page of ours, and not long ago.

    Browsers say `Origin: null` on pages without a referrer, so where they tell the
    site by Sec-Fetch-Site that word counts; the form's own secret counts always.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "null")
    foreign = site != "same-origin" if site else origin not in ("null", _origin(request))
    if foreign:
        raise Told(labels.FOREIGN_FORM)
    if not hmac.compare_digest(form.get("csrf", "").encode(), expected.encode()):
        raise Told(labels.STALE_FORM)


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"
