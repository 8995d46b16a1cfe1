"""Serves style sheets, scripts and pictures: named by the hash of their content, so that browsers keep them for good."""

from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from linktill.web.answer import Answer
from linktill.web.dashboard.problem.trouble import members_trouble
from linktill.web.form import AnyRequest
from linktill.web.look.assets import CACHE_CONTROL, static_file
from linktill.web.routing import page_route


def static_route() -> HTTPRouteHandler:
    """`GET /static/{hash}/{name}`."""
    return page_route("/static/{hash:str}/{name:str}", _serve, members_trouble)


async def _serve(request: AnyRequest) -> Answer:
    found = static_file(str(request.path_params["hash"]), str(request.path_params["name"]))
    if found is None:
        raise NotFoundException
    headers = (
        (b"content-type", found.content_type.encode()),
        (b"cache-control", CACHE_CONTROL.encode()),
        (b"etag", f'"{found.hash}"'.encode()),
        # A picture that somebody opens by itself may do nothing.
        (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    )
    return Answer(200, headers, found.body)
