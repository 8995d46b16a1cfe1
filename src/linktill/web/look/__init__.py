"""The look of all pages: style sheets, icons, base templates, and the template environment."""
