"""Reads a form with a file in it, as browsers send it, without a copy of it on the disk."""

import asyncio
from dataclasses import dataclass
from typing import Final

from litestar.exceptions import HTTPException
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from linktill.web.form import AnyRequest, Form

READ_MAX_S: Final = 120.0
PARTS_MAX: Final = 10
FIELD_MAX: Final = 4_096
_ENCODING: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Upload:
    """What came: the fields, and the file with the name that it had. Empty: none was chosen."""

    form: Form
    file_name: str
    data: bytes


async def read_upload(request: AnyRequest) -> Upload:
    """The posted form. Raises HTTPException: 415 for another encoding, 413, 408, and 400 for what is no form."""
    encoding, options = parse_options_header(request.headers.get("content-type", ""))
    if encoding.lower() != _ENCODING:
        raise HTTPException(status_code=415, detail="This address takes the form of its page only.")
    try:
        async with asyncio.timeout(READ_MAX_S):
            return await _parsed(request, options.get("boundary", ""))
    except TimeoutError:
        raise HTTPException(status_code=408, detail="The file did not arrive in time.") from None
    except (MultipartError, UnicodeError):
        raise HTTPException(status_code=400, detail="This is not a form that a page here sends.") from None


async def _parsed(request: AnyRequest, boundary: str) -> Upload:
    fields: dict[str, str] = {}
    file_name, data, part = "", bytearray(), bytearray()
    of: MultipartSegment | None = None
    with PushMultipartParser(boundary, max_segment_count=PARTS_MAX, strict=True) as parser:
        async for chunk in request.stream():
            for event in parser.parse(chunk):
                if isinstance(event, MultipartSegment):
                    of, part = event, data if event.filename is not None else bytearray()
                    file_name = event.filename or file_name
                elif event:
                    part += event
                    if part is not data and len(part) > FIELD_MAX:
                        raise HTTPException(status_code=413, detail="A field of this form is too long.")
                elif of is not None and of.filename is None:
                    fields.setdefault(of.name or "", part.decode())
    return Upload(Form(fields), file_name, bytes(data))
