"""The words of documents, for `linktill.platform.translation`: each is marked with `N_`, and is written in the paper's
language where it is drawn.
"""

from typing import Final

from linktill.documents.views import Kind


def N_(text: str) -> str:  # noqa: N802 the name that gettext's tools look for
    """Marks a text that has translations."""
    return text


TITLES: Final = {
    Kind.RECEIPT: N_("Receipt"),
    Kind.INVOICE: N_("Invoice"),
    Kind.CREDIT_NOTE: N_("Credit note"),
}
NUMBERS: Final = {
    Kind.RECEIPT: N_("Payment number"),
    Kind.INVOICE: N_("Invoice number"),
    Kind.CREDIT_NOTE: N_("Credit note number"),
}
RECIPIENTS: Final = {
    Kind.RECEIPT: N_("Paid by"),
    Kind.INVOICE: N_("Billed to"),
    Kind.CREDIT_NOTE: N_("Credited to"),
}
TOTALS: Final = {
    Kind.RECEIPT: N_("Total"),
    Kind.INVOICE: N_("Total"),
    Kind.CREDIT_NOTE: N_("Total credited"),
}
ISSUED_ON: Final = N_("Issued on")
PAID_ON: Final = N_("Paid on")
PAID_WITH: Final = N_("Paid with")
DUE_ON: Final = N_("Due on")
REFERENCE: Final = N_("Reference")
CREDITS_INVOICE: Final = N_("For invoice")
CREDIT_ROW: Final = N_("Refund, invoice {number}")
OF_DAY: Final = N_("{number} of {day}")
REFUND_NUMBER: Final = N_("Refund")
TAX_NUMBER: Final = N_("Tax number: {number}")
DESCRIPTION: Final = N_("Description")
QUANTITY: Final = N_("Quantity")
UNIT_PRICE: Final = N_("Unit price")
AMOUNT: Final = N_("Amount")
SUBTOTAL: Final = N_("Subtotal")
TAX_ON: Final = N_("{tax} {rate} on {amount}")
TAX_WITHIN: Final = N_("includes {tax} {rate} on {amount}")
TAX_REVERSED: Final = N_("{tax}: reverse charge")
TIP: Final = N_("Tip")
SHIPPING_TO: Final = N_("{name} to {country}")
PAID_THEN: Final = N_("Paid on {day}")
PAID_BY_THIS: Final = N_("Paid with this payment")
AMOUNT_DUE: Final = N_("Amount due")
GIVEN_BACK: Final = N_("Given back since")
REVERSE_CHARGE: Final = N_(
    "Reverse charge: the recipient of this invoice owes the tax and pays it to the tax office of their country."
)
PAID_IN_FULL: Final = N_("Paid in full. Thank you!")
PAGE_OF: Final = N_("Page {page} of {pages}")
SCAN_RECEIPT: Final = N_("This payment on the web")
CODE_OF: Final = N_("QR code that leads to {url}")
TEST: Final = N_("TEST")
TEST_NOTE: Final = N_("Made in test mode. No money has moved, and this document is not valid.")
VOID: Final = N_("VOID")
VOID_NOTE: Final = N_("This document was voided on {day} and is not valid.")
SCAN_TO_PAY: Final = N_("Scan to pay")
OR_OPEN: Final = N_("or open {url}")
YOU_CHOOSE: Final = N_("You choose how much")
