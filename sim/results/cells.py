"""Text in tables that people open in a spreadsheet: a name of a file or a note must not become a formula."""

import re

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+][0-9.]+(?:[eE][-+]?[0-9]+)?(?: ?[A-Za-z%][\w/%]*)?", re.ASCII)


def inert(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula.

    A negative number, with or without a unit, stays as it is.
    """
    dangerous = text.startswith(_STARTS_A_FORMULA) and not _NUMBER.fullmatch(text)
    return f"'{text}" if dangerous else text
