"""Holiday notices and school calendars, as files, tables or text.

Decisions: docs/why.md, “Days, periods and terms”.
"""
