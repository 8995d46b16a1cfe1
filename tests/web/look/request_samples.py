"""Sample pages of who asks for a new link."""

from dataclasses import replace

from linktill.web.checkout.view import AskForm, ClosedPage
from linktill.web.dashboard.link_form.view import LinkFormPage
from linktill.web.dashboard.requests.view import AnswerForm, LinkRequests, RequestRow, RequestsPage
from linktill.web.dashboard.shell import Pager, Tab
from linktill.web.look.look import View
from tests.web.look.checkout_samples import CHECKOUT, CLOSED, DAY, LONG_TITLE, NOW
from tests.web.look.dashboard_samples import FORM, LINK, SHELL

LONG_EMAIL = f"{'anna-maria.' * 5}berg@{'very-long-' * 10}example.com"
OLD = "plink_01kan4q3s5t7v9w1x3y5z7a9b1"
ASK = AskForm("/p/x/request")
ROWS = (
    RequestRow(
        "lrq_1",
        OLD,
        "Logo design, final invoice",
        "open",
        "anna@example.com",
        "Anna Berg",
        "I was away.\nMay I still pay?",
        None,
        NOW - DAY,
    ),
    RequestRow("lrq_2", OLD, "Course", "open", "sam@example.com", "", "", None, NOW),
    RequestRow(
        "lrq_3",
        OLD,
        LONG_TITLE,
        "open",
        LONG_EMAIL,
        LONG_TITLE[:200],
        "W" * 300 + " " + LONG_TITLE,
        None,
        NOW,
    ),
)
TABS = (
    Tab("Open", "/dashboard/requests?status=open", is_current=True),
    Tab("Answered", "/dashboard/requests?status=answered", is_current=False),
    Tab("Dismissed", "/dashboard/requests?status=dismissed", is_current=False),
)
LIST = RequestsPage(SHELL, TABS, "open", "", ROWS, Pager(older_url="/dashboard/requests?cursor=lrq_1"))
ON_LINK = LinkRequests(ROWS, 3, may_tell=False, may_extend=True)
WRONG = {"email": "Give an e-mail address, such as name@example.com.", "message": "Remove the card number."}
RETRY = CHECKOUT["closed-expired-retry"]
assert isinstance(RETRY, ClosedPage)
ASKING: dict[str, View] = {
    "ask-expired": replace(CLOSED, reason="expired", ask=ASK),
    "ask-sold-out": replace(CLOSED, reason="sold_out", description=LONG_TITLE, ask=ASK),
    "ask-own-words": replace(CLOSED, reason="canceled", closed_message="We moved to May.", ask=ASK),
    "ask-wrong": replace(
        CLOSED,
        reason="expired",
        ask=replace(ASK, email="anna@", name="Anna", message="4242 4242 4242 4242", errors=WRONG),
    ),
    "ask-full": replace(CLOSED, reason="canceled", ask=replace(ASK, problem="So many have asked already.")),
    "asked": replace(CLOSED, reason="expired", ask=replace(ASK, email="anna@example.com", is_noted=True)),
    "asked-long": replace(CLOSED, reason="sold_out", ask=replace(ASK, email=LONG_EMAIL, is_noted=True)),
    "ask-retry": replace(RETRY, ask=replace(ASK, email="anna@example.com")),
}
assert isinstance(FORM, LinkFormPage)
REQUESTS: dict[str, View] = {
    "requests": LIST,
    "requests-none": replace(LIST, rows=(), pager=Pager()),
    "requests-wrong": replace(
        LIST, answer=AnswerForm("lrq_2", "nonsense", {"payment_link_lrq_2": "This is no link of yours."})
    ),
    "requests-answered": replace(
        LIST,
        status="answered",
        rows=tuple(
            replace(row, status="answered", answer_link_id=answer)
            for row, answer in zip(ROWS, (OLD, "plink_2", OLD), strict=True)
        ),
    ),
    "requests-of-link": replace(LIST, link_id=OLD),
    "link-requests": replace(LINK, status="expired", requests=ON_LINK),
    "link-requests-open": replace(LINK, requests=replace(ON_LINK, may_tell=True, may_extend=False)),
    "link-request-sold-out": replace(
        LINK, status="sold_out", requests=replace(ON_LINK, rows=ROWS[:1], count=1)
    ),
    "link-requests-many": replace(
        LINK, status="canceled", requests=replace(ON_LINK, count=40, may_extend=False)
    ),
    "link-new-asked": replace(
        FORM,
        asked_by="Anna Berg (anna@example.com)",
        asked_words="I was away.",
        values=replace(FORM.values, request="lrq_1"),
    ),
}
