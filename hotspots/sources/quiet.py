"""Libraries that read files for us: their warnings are kept quiet, their errors said in our words.

What a library warns of is not for the reader of a table, and what it raises names no remedy.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hotspots.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def in_our_words(errors: tuple[type[Exception], ...], doing: str, rule: str) -> Iterator[None]:
    """Run what calls a library, without its warnings and with its errors as ours.

    Parameters
    ----------
    errors : tuple of type
        What the library raises. An `InputError` passes as it is.
    doing : str
        What cannot be done then, such as "read 'calls.xlsx' as a workbook".
    rule : str
        What the file must be, and what to do, in sentences.

    Raises
    ------
    InputError
        In place of the library's errors.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except errors as error:
        reason = str(error).rstrip(".") or "it is damaged"
        msg = f"Cannot {doing}: {reason}. {rule}"
        raise InputError(msg) from error
