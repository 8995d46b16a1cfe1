"""The command `linktill`. Each command's module is loaded only when it is called: `serve` must start fast."""

import re
import sys
import traceback
from typing import Final

from cyclopts import App, CycloptsError, Parameter

from linktill.cli.output import FAILED, OK, USAGE, CommandFailed, failure
from linktill.cli.version import linktill_version

_UNREADABLE: Final = re.compile("[\ud800-\udfff]")
"""What Python makes of bytes that are not UTF-8. No database takes it, and leaving it out would be guessing."""

APP: Final = App(
    name="linktill",
    help="Self-hosted billing around the payment link. Settings come from LINKTILL_… variables: docs/configuration.md.",
    version=linktill_version,
    version_flags=["--version"],
    result_action="return_value",
    default_parameter=Parameter(show_default=False),
)
APP.command(
    "linktill.cli.serve:serve", help="Serve the pages, the API and webhooks; works in the background too."
)
APP.command(
    "linktill.cli.demo:demo", help="Serve a demo with its own data: a merchant, an API key, a link to pay."
)
APP.command(
    "linktill.cli.worker:worker", help="Only the background work, beside web processes on PostgreSQL."
)
APP.command("linktill.cli.migrate:migrate", help="Bring the database to this release's schema.")
APP.command("linktill.cli.backup:backup", help="Make a sealed backup while everything runs.")
APP.command(
    "linktill.cli.restore:restore", help="Bring a backup back, into an empty database or a full one's place."
)
APP.command("linktill.cli.adopt:adopt", help="Make a restored backup or a moved copy the real installation.")
APP.command("linktill.cli.move:move", help="Take an installation from SQLite to PostgreSQL.")
APP.command("linktill.cli.doctor:doctor", help="Look for what keeps this installation from working.")
APP.command(
    "linktill.cli.verify:verify", help="Check the books against the rules. Exit code 1: a problem was found."
)
APP.command(
    "linktill.cli.reconcile:reconcile",
    help="Compare the books with the gateways now. Exit code 1: something needs a person.",
)
APP.command(
    "linktill.cli.simulate:simulate", help="Try to break the money in simulated time, and check every step."
)
APP.command("linktill.cli.version:version", help="Show the versions of Linktill and what it stands on.")

APP.command(
    "linktill.cli.go_live:open_books",
    name="go-live",
    help="Open the live books beside the test books: real money.",
)

LINKS: Final = App(name="links", help="Create, import, list, show, cancel and archive payment links.")
LINKS.command("linktill.cli.links:create", help="Create a payment link.")
LINKS.command("linktill.cli.links:list_", name="list", help="List payment links, newest first.")
LINKS.command("linktill.cli.links:show", help="Show one payment link.")
LINKS.command("linktill.cli.links:publish", help="Open a draft.")
LINKS.command("linktill.cli.links:cancel", help="Close a payment link for good.")
LINKS.command("linktill.cli.link_messages:send", help="Send a payment link by e-mail.")
LINKS.command("linktill.cli.link_messages:messages", help="List to whom a payment link was sent.")
LINKS.command("linktill.cli.link_filing:control", help="Pause, resume, cancel, publish or archive many.")
LINKS.command(
    "linktill.cli.signed_links:sign", help="Make an address with values that its payer cannot change."
)
LINKS.command("linktill.cli.link_import:import_", name="import", help="Make payment links from a CSV file.")
LINKS.command("linktill.cli.link_filing:archive", help="Hide a payment link and close it.")
LINKS.command("linktill.cli.link_filing:unarchive", help="Take a payment link out of the archive.")
LINKS.command("linktill.cli.link_filing:file", help="Set tags, internal note and customer of a payment link.")
APP.command(LINKS)

TEMPLATE: Final = App(name="template", help="Keep filled-in payment links under names, to make links from.")
TEMPLATE.command("linktill.cli.templates:list_", name="list", help="List templates by name.")
TEMPLATE.command("linktill.cli.templates:keep", help="Keep a payment link as a template.")
TEMPLATE.command("linktill.cli.templates:use", help="Make a payment link from a template.")
TEMPLATE.command("linktill.cli.templates:rename", help="Give a template another name.")
TEMPLATE.command("linktill.cli.templates:delete", help="Delete a template; its links stay.")
APP.command(TEMPLATE)

COUPONS: Final = App(
    name="coupons", help="Create, list, show and change coupons: codes that take something off."
)
COUPONS.command("linktill.cli.coupons:create", help="Create a coupon.")
COUPONS.command("linktill.cli.coupons:list_", name="list", help="List coupons, newest first.")
COUPONS.command("linktill.cli.coupons:show", help="Show one coupon.")
COUPONS.command("linktill.cli.coupons:update", help="Change a coupon, or switch it on or off.")
APP.command(COUPONS)

CUSTOMER: Final = App(name="customer", help="Payers on file: list, edit, merge and export them.")
CUSTOMER.command("linktill.cli.customers:create", help="Put a customer on file.")
CUSTOMER.command("linktill.cli.customers:list_", name="list", help="List customers, newest first.")
CUSTOMER.command("linktill.cli.customers:show", help="Show one customer and what it has paid.")
CUSTOMER.command("linktill.cli.customers:edit", help="Change what is known of a customer.")
CUSTOMER.command("linktill.cli.customers:merge", help="Merge a customer into another, for good.")
CUSTOMER.command("linktill.cli.customers:delete", help="Delete a customer on which nothing hangs.")
CUSTOMER.command(
    "linktill.cli.customers:export", help="Write out all that is kept of one, or the list of all."
)
APP.command(CUSTOMER)

REQUEST: Final = App(name="request", help="Payers who came too late and ask for a new link.")
REQUEST.command("linktill.cli.link_requests:list_", name="list", help="List requests, newest first.")
REQUEST.command("linktill.cli.link_requests:reply", name="answer", help="Send the payer a link.")
REQUEST.command("linktill.cli.link_requests:dismiss", help="Put a request aside.")
APP.command(REQUEST)

DOMAIN: Final = App(name="domain", help="The merchant's own domain, on which its links are.")
DOMAIN.command("linktill.cli.domain:show", help="Show the domain and how it stands.")
DOMAIN.command("linktill.cli.domain:set_", name="set", help="Set the domain.")
DOMAIN.command("linktill.cli.domain:check", help="Check whether it leads here, and use it.")
DOMAIN.command("linktill.cli.domain:remove", help="Take it away.")
APP.command(DOMAIN)

INVOICES: Final = App(name="invoices", help="Receipts, invoices and credit notes: list, issue, void, as PDF.")
INVOICES.command(
    "linktill.cli.invoices:list_", name="list", help="List invoices and credit notes, newest first."
)
INVOICES.command(
    "linktill.cli.invoices:issue", help="Issue an invoice for a payment, or show the one that it has."
)
INVOICES.command("linktill.cli.invoices:pdf", help="Write an invoice, or a payment's receipt, as PDF.")
INVOICES.command("linktill.cli.invoices:void", help="Void an invoice or a credit note, for good.")
APP.command(INVOICES)

PAYMENT: Final = App(
    name="payment", help="Capture or void what is authorized; record money that came without a gateway."
)
PAYMENT.command("linktill.cli.held_payments:capture", help="Take the money of an authorized payment.")
PAYMENT.command("linktill.cli.held_payments:void", help="Let go of an authorized payment.")
PAYMENT.command(
    "linktill.cli.payments:mark_paid", name="mark-paid", help="Record money for a payment that waits for it."
)
PAYMENT.command("linktill.cli.payments:record", help="Record a payment of a link: cash in the shop.")
PAYMENT.command("linktill.cli.payments:receipts", help="List what was recorded for a payment.")
PAYMENT.command(
    "linktill.cli.payments:take_receipt_back",
    name="take-back",
    help="Take back what was recorded by mistake.",
)
PAYMENT.command("linktill.cli.payments:cancel", help="Stop waiting for the money of a payment.")
APP.command(PAYMENT)

DISPUTE: Final = App(name="dispute", help="Read disputes, and answer them: evidence, or giving in.")
DISPUTE.command("linktill.cli.disputes:list_", name="list", help="List disputes, newest first.")
DISPUTE.command("linktill.cli.disputes:show", help="Show one dispute and its answer.")
DISPUTE.command("linktill.cli.disputes:draft", help="Write evidence. Nothing is sent.")
DISPUTE.command("linktill.cli.disputes:submit", help="Submit the evidence that was written.")
DISPUTE.command("linktill.cli.disputes:accept", help="Give in, for good: the payer keeps the money.")
APP.command(DISPUTE)

PAYOUT: Final = App(name="payout", help="List payouts, and record those that no gateway tells of.")
PAYOUT.command("linktill.cli.payouts:list_", name="list", help="List payouts, newest first.")
PAYOUT.command("linktill.cli.payouts:record", help="Record what reached your bank.")
PAYOUT.command("linktill.cli.payouts:take_back", name="take-back", help="Take back what you recorded.")
APP.command(PAYOUT)

API_KEY: Final = App(name="api-key", help="Create, list and revoke API keys.")
API_KEY.command("linktill.cli.api_keys:create", help="Create an API key. It is shown once.")
API_KEY.command("linktill.cli.api_keys:list_", name="list", help="List API keys, newest first.")
API_KEY.command("linktill.cli.api_keys:revoke", help="Revoke an API key at once.")
APP.command(API_KEY)

GATEWAY: Final = App(name="gateway", help="Connect, check and try the merchant's accounts at gateways.")
GATEWAY.command("linktill.cli.gateways:list_", name="list", help="List the accounts, in order.")
GATEWAY.command("linktill.cli.gateways:connect", help="Connect an account: its keys are tried first.")
GATEWAY.command("linktill.cli.gateways:check", help="Ask the gateway whether the keys work.")
GATEWAY.command("linktill.cli.gateways:rotate", help="Renew the webhook's secret, or register the webhook.")
GATEWAY.command("linktill.cli.gateways:offer", help="Say for which currencies and amounts it is offered.")
GATEWAY.command("linktill.cli.gateways:disconnect", help="Do not offer the account any more.")
GATEWAY.command("linktill.cli.gateway_smoke:smoke", help="Try a payment with test keys, line by line.")
APP.command(GATEWAY)

PARKED: Final = App(
    name="parked", help="After a restore: what may have been told already, to send or discard."
)
PARKED.command("linktill.cli.parked:list_", name="list", help="List what is parked, oldest first.")
PARKED.command("linktill.cli.parked:send", help="Tell it after all.")
PARKED.command("linktill.cli.parked:discard", help="Do not tell it.")
APP.command(PARKED)

STUCK: Final = App(name="stuck", help="Webhooks and news that were tried for a day and given up.")
STUCK.command("linktill.cli.stuck:list_", name="list", help="List what is stuck, newest first.")
STUCK.command("linktill.cli.stuck:retry", help="Try it again.")
APP.command(STUCK)


def main() -> None:
    """The entry point of the installed command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command and returns its exit code."""
    as_json = "--json" in arguments
    if any(map(_UNREADABLE.search, arguments)):
        return failure(
            CommandFailed("usage", "An argument is not UTF-8 text.", status=USAGE), as_json=as_json
        )
    try:
        code = APP(arguments, exit_on_error=False, print_error=not as_json)
    except CycloptsError as error:
        if not as_json:
            return USAGE  # printed already, with how it is meant
        argument = getattr(error, "argument", None)
        name = None if argument is None else argument.name
        return failure(CommandFailed("usage", _sentence(error), name=name, status=USAGE), as_json=True)
    except CommandFailed as failed:
        return failure(failed, as_json=as_json)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return FAILED  # the reader of our answer has gone
    except Exception as error:  # noqa: BLE001 the edge: a program that reads our answer gets one, whatever happens
        traceback.print_exc()
        return failure(CommandFailed("internal", f"{type(error).__name__}: {error}"), as_json=as_json)
    return code if isinstance(code, int) else OK


def _sentence(error: CycloptsError) -> str:
    return " ".join(str(error).split())
