"""The words of documents, for `linktill.platform.translation`: each is marked with `marked`, and is written in the paper's
language where it is drawn.
"""

from typing import Final

from linktill.core.sentence import marked
from linktill.documents.views import Kind

TITLES: Final = {
    Kind.RECEIPT: marked("Receipt"),
    Kind.INVOICE: marked("Invoice"),
    Kind.CREDIT_NOTE: marked("Credit note"),
}
NUMBERS: Final = {
    Kind.RECEIPT: marked("Payment number"),
    Kind.INVOICE: marked("Invoice number"),
    Kind.CREDIT_NOTE: marked("Credit note number"),
}
RECIPIENTS: Final = {
    Kind.RECEIPT: marked("Paid by"),
    Kind.INVOICE: marked("Billed to"),
    Kind.CREDIT_NOTE: marked("Credited to"),
}
TOTALS: Final = {
    Kind.RECEIPT: marked("Total"),
    Kind.INVOICE: marked("Total"),
    Kind.CREDIT_NOTE: marked("Total credited"),
}
ISSUED_ON: Final = marked("Issued on")
PAID_ON: Final = marked("Paid on")
PAID_WITH: Final = marked("Paid with")
DUE_ON: Final = marked("Due on")
REFERENCE: Final = marked("Reference")
CREDITS_INVOICE: Final = marked("For invoice")
CREDIT_ROW: Final = marked("Refund, invoice %(number)s")
OF_DAY: Final = marked("%(number)s of %(day)s")
REFUND_NUMBER: Final = marked("Refund")
TAX_NUMBER: Final = marked("Tax number: %(number)s")
DESCRIPTION: Final = marked("Description")
QUANTITY: Final = marked("Quantity")
UNIT_PRICE: Final = marked("Unit price")
AMOUNT: Final = marked("Amount")
SUBTOTAL: Final = marked("Subtotal")
TAX_ON: Final = marked("%(tax)s %(rate)s on %(amount)s")
TAX_WITHIN: Final = marked("includes %(tax)s %(rate)s on %(amount)s")
TAX_REVERSED: Final = marked("%(tax)s: reverse charge")
TIP: Final = marked("Tip")
SHIPPING_TO: Final = marked("%(name)s to %(country)s")
PAID_THEN: Final = marked("Paid on %(day)s")
PAID_BY_THIS: Final = marked("Paid with this payment")
AMOUNT_DUE: Final = marked("Amount due")
GIVEN_BACK: Final = marked("Given back since")
REVERSE_CHARGE: Final = marked(
    "Reverse charge: the recipient of this invoice owes the tax and pays it to the tax office of their country."
)
PAID_IN_FULL: Final = marked("Paid in full. Thank you!")
PAGE_OF: Final = marked("Page %(page)s of %(pages)s")
SCAN_RECEIPT: Final = marked("This payment on the web")
CODE_OF: Final = marked("QR code that leads to %(url)s")
TEST: Final = marked("TEST")
TEST_NOTE: Final = marked("Made in test mode. No money has moved, and this document is not valid.")
VOID: Final = marked("VOID")
VOID_NOTE: Final = marked("This document was voided on %(day)s and is not valid.")
SCAN_TO_PAY: Final = marked("Scan to pay")
OR_OPEN: Final = marked("or open %(url)s")
YOU_CHOOSE: Final = marked("You choose how much")
