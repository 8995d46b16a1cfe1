"""One payment, and its refund form."""
