"""A form that is sent twice does its work once: a double press, a reload, a nervous thumb."""

from hashlib import sha256

from linktill.flows.idempotent import IdempotentRequest
from linktill.surface.sessions import CSRF_FIELD
from linktill.web.form import Form


def once(form: Form, path: str) -> IdempotentRequest:
    """A form as a request that is carried out once: its submit token is the key, its other fields make it the same.

    Keys of the API never begin so. Who signs in anew sends the same form with another CSRF token.
    """
    fields = sorted((name, value) for name, value in form.fields.items() if name != CSRF_FIELD)
    text = "".join(f"{len(name)}:{name}{len(value)}:{value}" for name, value in [("", path), *fields])
    token = sha256(form.text("submit_token").encode("utf-8", "replace")).hexdigest()
    return IdempotentRequest(f"form {token}", sha256(text.encode("utf-8", "replace")).digest())
