"""What links ask and what payers answered, as programs see and send it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec

from linktill.core import asking as limits
from linktill.core.answers import Given
from linktill.core.asking import Asking, Collected, Condition, Consent, Kind, Option, Question, Standard
from linktill.core.origin import Origin
from linktill.flows.amount_objects import told

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KEY: Final = {"maxLength": limits.KEY_MAX, "pattern": f"^({limits.KEY})?$"}
_LENGTH: Final = {"minimum": 0, "maximum": limits.LENGTH_MAX[Kind.LONG_TEXT]}

FieldType = Literal[
    "text",
    "long_text",
    "integer",
    "number",
    "email",
    "url",
    "phone",
    "date",
    "choice",
    "checkbox",
    "country",
]
Asked = Literal["no", "optional", "required"]
FieldKey = Annotated[
    str,
    told("What programs call it, once among those of the link; made from its words if left out.", **_KEY),
]


class FieldOptionObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer of a choice."""

    value: Annotated[str, told("What programs get; the label if left out.", maxLength=limits.OPTION_MAX)] = ""
    label: Annotated[
        str, told("As the payer reads it; the value if left out.", maxLength=limits.OPTION_MAX)
    ] = ""


class FieldConditionObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An earlier field, and the answers to it with which another one is asked."""

    key: Annotated[
        str,
        told(
            "The key of an earlier `choice` or `checkbox`, or `#2` for the second field.",
            maxLength=limits.KEY_MAX,
            pattern=f"^(#[1-9][0-9]?|{limits.KEY})$",
        ),
    ]
    values: Annotated[
        Sequence[str],
        told(
            "Of a `choice` values of its options, of a `checkbox` `true` or `false`.",
            minItems=1,
            maxItems=limits.OPTIONS_MAX,
        ),
    ]


class CustomFieldObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that the payer is asked."""

    type: Annotated[FieldType, told("What the answer is.")]
    label: Annotated[str, told("As the payer reads it.", minLength=1, maxLength=limits.LABEL_MAX)]
    key: FieldKey = ""
    hint: Annotated[str, told("More words under the field.", maxLength=limits.HINT_MAX)] = ""
    is_required: Annotated[bool, told("Must it be answered? Of a `checkbox`: must it be ticked?")] = False
    min_length: Annotated[int | None, told("Of text: at least so many characters.", **_LENGTH)] = None
    max_length: Annotated[
        int | None,
        told("Of text: at most so many characters; null: 500, or 5,000 of `long_text`.", **_LENGTH),
    ] = None
    minimum: Annotated[
        str | None, told("Of a number or a date, as text: at least this, such as `18` or `2027-01-31`.")
    ] = None
    maximum: Annotated[str | None, told("Of a number or a date, as text: at most this.")] = None
    options: Annotated[
        Sequence[FieldOptionObject],
        told("Of a `choice`: the answers to choose from.", maxItems=limits.OPTIONS_MAX),
    ] = ()
    shown_if: Annotated[
        FieldConditionObject | None, told("Asked only with these answers to an earlier field; null: always.")
    ] = None


class CollectsObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standard questions. Name and e-mail are asked for in any case, and may be required."""

    name: Annotated[Literal["optional", "required"], told("The payer's name.")] = "optional"
    email: Annotated[Literal["optional", "required"], told("The payer's e-mail address.")] = "optional"
    phone: Annotated[Asked, told("A phone number.")] = "no"
    company: Annotated[Asked, told("The name of a company.")] = "no"
    tax_id: Annotated[Asked, told("A tax number.")] = "no"
    billing_address: Annotated[Asked, told("Where the payer's bills go.")] = "no"
    shipping_address: Annotated[Asked, told("Where things are sent.")] = "no"


class ConsentObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words to agree to, with a box to tick."""

    text: Annotated[
        str, told("The very words that stand beside the box.", minLength=1, maxLength=limits.CONSENT_MAX)
    ]
    key: FieldKey = ""
    url: Annotated[
        str | None, told("Where the whole of it can be read (https).", maxLength=limits.URL_MAX)
    ] = None
    version: Annotated[str, told("Your own name for this version of it.", maxLength=limits.VERSION_MAX)] = ""
    language: Annotated[str, told("A language tag, such as `en`.", pattern=f"^({limits.LANGUAGE})?$")] = ""
    is_required: Annotated[bool, told("Must it be ticked to pay?")] = True


CustomFields = Annotated[
    list[CustomFieldObject],
    told("What the payer is asked, in this order.", maxItems=limits.QUESTIONS_MAX),
]
CollectsOrNone = Annotated[CollectsObject | None, told("Standard questions, such as an address.")]
Consents = Annotated[
    list[ConsentObject], told("Words to agree to, each with a box.", maxItems=limits.CONSENTS_MAX)
]


class AskingObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that a link asks."""

    custom_fields: list[CustomFieldObject] = []
    collects: CollectsObject | None = None
    consents: list[ConsentObject] = []

    def asking(self) -> Asking:
        """Not checked yet."""
        return Asking(
            tuple(_question(each) for each in self.custom_fields),
            _standard(self.collects or CollectsObject()),
            tuple(
                Consent(each.key, each.text, each.url or "", each.version, each.language, each.is_required)
                for each in self.consents
            ),
        )


ASKING_FIELDS: Final = ("custom_fields", "collects", "consents")
"""The fields of a link that make up what it asks."""


def asking_fields(asking: Asking | None) -> dict[str, Any]:
    """As fields of a link."""
    if asking is None:
        return {"custom_fields": (), "collects": None, "consents": ()}
    return {
        "custom_fields": tuple(_field_object(each) for each in asking.questions),
        "collects": _collects(asking.standard) if asking.standard else None,
        "consents": tuple(
            ConsentObject(
                text=each.text,
                key=each.key,
                url=each.url or None,
                version=each.version,
                language=each.language,
                is_required=each.is_required,
            )
            for each in asking.consents
        ),
    }


def _field_object(each: Question) -> CustomFieldObject:
    return CustomFieldObject(
        type=each.kind.value,
        label=each.label,
        key=each.key,
        hint=each.hint,
        is_required=each.is_required,
        min_length=each.length_min or None,
        max_length=each.length_max,
        minimum=each.minimum or None,
        maximum=each.maximum or None,
        options=[FieldOptionObject(value=option.value, label=option.label) for option in each.options],
        shown_if=None
        if each.shown_if is None
        else FieldConditionObject(key=each.shown_if.key, values=each.shown_if.values),
    )


def _question(each: CustomFieldObject) -> Question:
    return Question(
        each.key,
        Kind(each.type),
        each.label,
        each.hint,
        each.is_required,
        each.min_length or 0,
        each.max_length,
        each.minimum or "",
        each.maximum or "",
        tuple(Option(option.value, option.label) for option in each.options),
        None if each.shown_if is None else Condition(each.shown_if.key, tuple(each.shown_if.values)),
    )


def _standard(collects: CollectsObject) -> tuple[Collected, ...]:
    asked = {what: getattr(collects, what.value) for what in Standard}
    always = {Standard.NAME, Standard.EMAIL}
    return tuple(
        Collected(what, is_required=word == "required")
        for what, word in asked.items()
        if word == "required" or (word == "optional" and what not in always)
    )


def _collects(standard: Sequence[Collected]) -> CollectsObject:
    words = {each.what.value: "required" if each.is_required else "optional" for each in standard}
    return CollectsObject(**words)  # type: ignore[arg-type]  # each of them is a word of `Asked`


class AnswerObject(msgspec.Struct, frozen=True, kw_only=True):
    """What the payer answered to one question, in the words that they were shown."""

    key: str
    label: str
    type: str
    value: str


class ConsentGivenObject(msgspec.Struct, frozen=True, kw_only=True):
    """Proof of what the payer agreed to, or did not: the words as they were shown."""

    key: str
    text: str
    url: str | None
    version: str
    language: str
    is_given: bool
    sha256: str
    at: datetime


class OriginObject(msgspec.Struct, frozen=True, kw_only=True):
    """What came with the link's address, as it came."""

    client_reference_id: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    utm_term: str | None
    utm_content: str | None
    cut: Sequence[str]
    is_signed: bool


def given_fields(given: Given) -> dict[str, Any]:
    """As fields of a payment."""
    return {
        "answers": [
            AnswerObject(key=each.key, label=each.label, type=each.kind.value, value=each.value)
            for each in given.answers
        ],
        "consents": [
            ConsentGivenObject(
                key=each.key,
                text=each.text,
                url=each.url or None,
                version=each.version,
                language=each.language,
                is_given=each.is_given,
                sha256=each.sha256,
                at=_EPOCH + timedelta(microseconds=each.at),
            )
            for each in given.consents
        ],
        "origin": None if given.origin.is_empty else _origin(given.origin),
    }


def _origin(origin: Origin) -> OriginObject:
    return OriginObject(
        client_reference_id=origin.reference or None,
        utm_source=origin.utm.get("utm_source"),
        utm_medium=origin.utm.get("utm_medium"),
        utm_campaign=origin.utm.get("utm_campaign"),
        utm_term=origin.utm.get("utm_term"),
        utm_content=origin.utm.get("utm_content"),
        cut=origin.cut,
        is_signed=bool(origin.signed),
    )
