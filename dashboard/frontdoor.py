"""What every HTTP answer passes on its way out: known hosts only, a visitor's cookie, the early scripts of a page."""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from dashboard.early_scripts import early_tags

VISITOR_COOKIE = "unroll_visitor"
COOKIE_ATTRIBUTES = "Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax"
GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
}


class Frontdoor:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one connection on; an unknown Host gets 400 (a foreign site could point its name at this machine)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif is_host_allowed(Headers(scope=scope).get("host")):
            await self.app(_uncompressed_page(scope), receive, Answer(scope, send))
        else:
            refusal = PlainTextResponse("This host name is not in server.allowedHosts.", status_code=400)
            await refusal(scope, receive, send)


def _uncompressed_page(scope: Scope) -> Scope:
    """A navigation asks for no compression: its page, a few kilobytes, is added to on its way out."""
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return scope
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0].lower() != b"accept-encoding"]}


class Answer:
    """One answer on its way out; a whole page is held back until its last byte."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.request = Headers(scope=scope)
        self.address = scope["path"], scope["query_string"].decode("latin-1")
        self.has_body = scope["method"] != "HEAD"
        self.send = send
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        """Send a message of the app's on, or hold it."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            self._add_to(headers)
            if self.has_body and _is_page(message["status"], headers):
                self.start = message
                return
        if self.start is None:
            await self.send(message)
            return
        self.body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._send_page(self.start)

    def _add_to(self, headers: MutableHeaders) -> None:
        for name, value in GUARDS.items():
            headers.setdefault(name, value)
        is_navigation = "text/html" in self.request.get("accept", "")
        if is_navigation and visitor_from(self.request.get("cookie")) is None:
            headers.append("Set-Cookie", f"{VISITOR_COOKIE}={secrets.token_urlsafe(16)}; {COOKIE_ATTRIBUTES}")

    async def _send_page(self, start: Message) -> None:
        body = self.body.replace(b"</head>", early_tags(*self.address) + b"</head>", 1)
        MutableHeaders(scope=start)["Content-Length"] = str(len(body))
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body})


def _is_page(status: int, headers: MutableHeaders) -> bool:
    is_html = headers.get("content-type", "").startswith("text/html")
    return status == 200 and is_html and "content-encoding" not in headers


def visitor_from(cookie: str | None) -> str | None:
    """The visitor's id in a Cookie header; None without one."""
    try:
        morsel = SimpleCookie(cookie or "").get(VISITOR_COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel is not None and 16 <= len(morsel.value) <= 64 else None


MIDDLEWARE = [Middleware(Frontdoor)]
