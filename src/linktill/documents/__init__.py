"""What Linktill hands out on paper: receipts, invoices, credit notes and sheets with codes to scan, as PDF."""
