"""How messages show a value that was passed in."""

from typing import Any

MAX_SHOWN = 80
"""Characters of a value that a message shows."""


def printable(text: str) -> str:
    r"""Text without the characters that move a terminal's cursor or change its colours.

    Args:
        text: a name, perhaps of a file.

    Returns:
        The text, each such character replaced by "?".

    Example:
        >>> printable("a\x1b[31mb")
        'a?[31mb'
    """
    return "".join(one if one.isprintable() else "?" for one in text)


def shown(value: Any) -> str:
    """A value for a message: on one line, printable, and not longer than `MAX_SHOWN` characters.

    Args:
        value: anything, even an object that cannot be printed.

    Returns:
        Its `repr`, cut off in the middle where it is long.

    Example:
        >>> shown("a word"), shown(10**5000)
        ("'a word'", 'an integer of 16610 bits')
    """
    if isinstance(value, int) and value.bit_length() > 200:
        return f"an integer of {value.bit_length()} bits"
    # By its module: the command line shows its help without numpy.
    if type(value).__module__ == "numpy" and getattr(value, "size", 0) > 8:
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    try:
        text = " ".join(repr(value).split())
    except Exception:  # whatever it is, it is not what was asked for
        text = f"an object of {type(value).__name__}"
    text = printable(text)
    half = MAX_SHOWN // 2 - 2
    return text if len(text) <= MAX_SHOWN else f"{text[:half]}...{text[-half:]}"
