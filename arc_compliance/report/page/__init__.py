"""report.html: one page for a fleet's owner, an engineer, a network team and an auditor.

`page_model` reads a report into a `PageModel`; `render_page` makes HTML of it. Both are pure.
"""
