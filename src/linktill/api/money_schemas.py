"""What callers send of money beside links: what came without a gateway, refunds, evidence in disputes."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from linktill.api.queries import id_pattern
from linktill.api.schemas import NOTE_MAX, text_meta
from linktill.core.dispute_answer import SHORT_MAX, TEXT_MAX
from linktill.core.ids import ATTEMPT, RECEIPT
from linktill.core.money import AMOUNT_MAX_MINOR

_NO_AMOUNT: Final = {"minimum": 1, "maximum": AMOUNT_MAX_MINOR}
AllMissing = Annotated[
    int,
    Meta(description="How much came; all that is missing if left out or null.", extra_json_schema=_NO_AMOUNT),
]
WayName = Annotated[Literal["transfer", "cash", "check"], Meta(description="How it came, or went back.")]
ReceivedOn = Annotated[
    str,
    Meta(
        description="The day on which it came, `YYYY-MM-DD`; today (UTC) if left out or null.",
        extra_json_schema={"format": "date"},
    ),
]
OwnNote = Annotated[str, text_meta("For you; the payer does not see it.", NOTE_MAX)]


class MoneyRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money that came without a gateway."""

    way: WayName
    amount_minor: AllMissing | None = None
    received_on: ReceivedOn | None = None
    note: OwnNote = ""
    seen_minor: (
        Annotated[
            int,
            Meta(
                description="What had come when you looked: `received_minor` of the payment, `captured_minor` of the link. "
                "If more has come since, the request is refused with `version_conflict`, so that the same money is not "
                "recorded by two people.",
                extra_json_schema={"minimum": 0, "maximum": 2**53},
            ),
        ]
        | None
    ) = None


class ReceiptTakeBack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which receipt does not count any more, and why."""

    receipt_id: Annotated[str, Meta(description="The receipt.", pattern=id_pattern(RECEIPT))]
    reason: Annotated[
        Literal["mistake", "given_back", "bounced"],
        Meta(description="It never came; the payer has it again; the bank took it away again."),
    ]


class RefundSent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the money went back."""

    way: WayName


class EvidenceDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to say of a dispute. At least one of explanation, product_description, agreement, delivery_proof, refund_policy and
    communication must say something before it can be submitted.
    """

    explanation: Annotated[str, text_meta("Why the money is yours.", TEXT_MAX)] = ""
    product_description: Annotated[str, text_meta("What was sold.", TEXT_MAX)] = ""
    customer_name: Annotated[str, text_meta("The payer's name.", SHORT_MAX)] = ""
    customer_email: Annotated[str, text_meta("The payer's e-mail address.", SHORT_MAX)] = ""
    customer_ip: Annotated[str, text_meta("The payer's IP address.", SHORT_MAX)] = ""
    agreement: Annotated[str, text_meta("What was agreed, and how the payer said so.", TEXT_MAX)] = ""
    service_date: Annotated[str, text_meta("When it was delivered or done.", SHORT_MAX)] = ""
    delivery_proof: Annotated[str, text_meta("How you know that it was delivered or done.", TEXT_MAX)] = ""
    refund_policy: Annotated[str, text_meta("What you promise about refunds.", TEXT_MAX)] = ""
    communication: Annotated[str, text_meta("What you and the payer wrote to each other.", TEXT_MAX)] = ""
    is_not_there: Annotated[
        bool,
        Meta(
            description="A person has looked at the gateway: the last answer, which is `unknown`, is not there."
        ),
    ] = False


class RefundCreate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A refund to ask for."""

    payment_id: Annotated[str, Meta(description="The captured payment.", pattern=id_pattern(ATTEMPT))]
    amount_minor: (
        Annotated[
            int,
            Meta(
                description="How much; all that is left if this is left out or null.",
                extra_json_schema={"minimum": 1, "maximum": AMOUNT_MAX_MINOR},
            ),
        ]
        | None
    ) = None
    reason: Annotated[
        Literal["requested_by_customer", "duplicate", "fraudulent", "other"],
        Meta(description="Why; given to the gateway where it takes one."),
    ] = "requested_by_customer"
    note: Annotated[str, text_meta("For you; the payer does not see it.", NOTE_MAX)] = ""
