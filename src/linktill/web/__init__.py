"""What people see: one folder per page, with routes, a frozen view model and a template."""
