"""Text of unknown origin, made harmless to whoever reads it on a terminal."""


def visible(text: str) -> str:
    """The text in one line: what breaks lines, orders a terminal about or turns the reading direction is
    written as an escape, and so is what of a file's name is no text."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
