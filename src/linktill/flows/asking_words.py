"""What a link asks and what a payer answered, in a few words: for pages, mails and the command line."""

from collections.abc import Iterator, Sequence
from typing import Final

from linktill.core.answers import TRUE, Answer, Given
from linktill.core.asking import ADDRESSES, STANDARD_KEYS, Asking, Kind, Question, Standard
from linktill.core.sentence import Sentence, marked, sentence
from linktill.platform.language import country_name
from linktill.platform.translation import translated

WHAT: dict[Standard, str] = {
    Standard.NAME: "Name",
    Standard.EMAIL: "E-mail",
    Standard.PHONE: marked("Phone"),
    Standard.COMPANY: marked("Company"),
    Standard.TAX_ID: marked("Tax number"),
    Standard.BILLING_ADDRESS: marked("Billing address"),
    Standard.SHIPPING_ADDRESS: marked("Shipping address"),
}
_YES: Final = marked("Yes")
_NO: Final = marked("No")


def answer_text(answer: Answer, lang: str = "en") -> str:
    """What people read."""
    if answer.kind is Kind.CHECKBOX:
        return translated(_YES if answer.value == TRUE else _NO, lang)
    if answer.kind is Kind.COUNTRY:
        return country_name(answer.value, lang)
    return answer.shown or answer.value


def answer_lines(given: Given, lang: str = "en") -> tuple[tuple[str, str], ...]:
    """Label and words of every answer; an address is one of them."""
    return tuple(_lines(given, lang))


def label_in(key: str, label: str, lang: str) -> str:
    """The label of a question: of a standard one in this language, of the merchant's own as they wrote it."""
    return translated(label, lang) if key in STANDARD_KEYS else label


def _lines(given: Given, lang: str) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for answer in given.answers:
        address = answer.key.partition(".")[0]
        if address not in ADDRESSES or "." not in answer.key:
            yield label_in(answer.key, answer.label, lang), answer_text(answer, lang)
        elif address not in seen:
            seen.add(address)
            parts = [each for each in given.answers if each.key.startswith(f"{address}.")]
            yield (
                translated(WHAT[Standard(address)], lang),
                ", ".join(answer_text(each, lang) for each in parts),
            )


def asking_words(asking: Asking | None) -> tuple[str, ...]:
    """One line for each thing that is asked; empty where there is nothing."""
    return () if asking is None else tuple(_words(asking))


def condition_words(question: Question, questions: Sequence[Question]) -> Sentence | None:
    """`If “Size” is Small or Large.`; None: it is always asked."""
    wish = question.shown_if
    asked = None if wish is None else next((each for each in questions if each.key == wish.key), None)
    if wish is None or asked is None:
        return None
    if asked.kind is Kind.CHECKBOX:
        if TRUE in wish.values:
            return sentence("If “%(question)s” is ticked.", question=asked.label)
        return sentence("If “%(question)s” is not ticked.", question=asked.label)
    labels = [option.label for option in asked.options if option.value in wish.values]
    answers: str = labels[0] if labels else ""
    for label in labels[1:]:
        answers = sentence("%(answers)s or %(answer)s", answers=answers, answer=label)
    return sentence("If “%(question)s” is %(answers)s.", question=asked.label, answers=answers)


def _words(asking: Asking) -> Iterator[str]:
    for each in asking.standard:
        yield f"{WHAT[each.what]}{', required' if each.is_required else ''}"
    for question in asking.questions:
        kind = "" if question.kind is Kind.TEXT else f" ({question.kind.replace('_', ' ')})"
        options = f": {', '.join(option.label for option in question.options)}" if question.options else ""
        wish = condition_words(question, asking.questions)
        only = f", only {wish[0].lower()}{wish[1:-1]}" if wish else ""
        yield f"{question.label}{kind}{options}{', required' if question.is_required else ''}{only}"
    for consent in asking.consents:
        version = f", version {consent.version}" if consent.version else ""
        yield f"Consent: {consent.text}{version}{'' if consent.is_required else ', optional'}"
