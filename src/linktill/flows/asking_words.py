"""What a link asks and what a payer answered, in a few words: for pages, mails and the command line."""

from collections.abc import Iterator, Sequence

from linktill.core.answers import TRUE, Answer, Given
from linktill.core.asking import ADDRESSES, Asking, Kind, Question, Standard
from linktill.platform.language import country_name

WHAT: dict[Standard, str] = {
    Standard.NAME: "Name",
    Standard.EMAIL: "E-mail",
    Standard.PHONE: "Phone",
    Standard.COMPANY: "Company",
    Standard.TAX_ID: "Tax number",
    Standard.BILLING_ADDRESS: "Billing address",
    Standard.SHIPPING_ADDRESS: "Shipping address",
}


def answer_text(answer: Answer, lang: str = "en") -> str:
    """What people read."""
    if answer.kind is Kind.CHECKBOX:
        return "Yes" if answer.value == TRUE else "No"
    if answer.kind is Kind.COUNTRY:
        return country_name(answer.value, lang)
    return answer.shown or answer.value


def answer_lines(given: Given, lang: str = "en") -> tuple[tuple[str, str], ...]:
    """Label and words of every answer; an address is one of them."""
    return tuple(_lines(given, lang))


def _lines(given: Given, lang: str) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for answer in given.answers:
        address = answer.key.partition(".")[0]
        if address not in ADDRESSES or "." not in answer.key:
            yield answer.label, answer_text(answer, lang)
        elif address not in seen:
            seen.add(address)
            parts = [each for each in given.answers if each.key.startswith(f"{address}.")]
            yield WHAT[Standard(address)], ", ".join(answer_text(each, lang) for each in parts)


def asking_words(asking: Asking | None) -> tuple[str, ...]:
    """One line for each thing that is asked; empty where there is nothing."""
    return () if asking is None else tuple(_words(asking))


def condition_words(question: Question, questions: Sequence[Question]) -> str:
    """`If “Size” is Small or Large`; empty: it is always asked."""
    wish = question.shown_if
    asked = None if wish is None else next((each for each in questions if each.key == wish.key), None)
    if wish is None or asked is None:
        return ""
    if asked.kind is Kind.CHECKBOX:
        return f"If “{asked.label}” is {'ticked' if TRUE in wish.values else 'not ticked'}"
    labels = [option.label for option in asked.options if option.value in wish.values]
    return f"If “{asked.label}” is {' or '.join(labels)}"


def _words(asking: Asking) -> Iterator[str]:
    for each in asking.standard:
        yield f"{WHAT[each.what]}{', required' if each.is_required else ''}"
    for question in asking.questions:
        kind = "" if question.kind is Kind.TEXT else f" ({question.kind.replace('_', ' ')})"
        options = f": {', '.join(option.label for option in question.options)}" if question.options else ""
        wish = condition_words(question, asking.questions)
        only = f", only {wish[0].lower()}{wish[1:]}" if wish else ""
        yield f"{question.label}{kind}{options}{', required' if question.is_required else ''}{only}"
    for consent in asking.consents:
        version = f", version {consent.version}" if consent.version else ""
        yield f"Consent: {consent.text}{version}{'' if consent.is_required else ', optional'}"
