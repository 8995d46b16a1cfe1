"""What people see: one folder per page, with routes, a frozen view model and a template."""

from linktill import surface as _  # noqa: F401 loads Litestar: before anything here does, and without what nobody needs
