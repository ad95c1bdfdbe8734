"""The bytes of a file, wherever they are packed: plain, gzipped, or inside a zip.

Bytes are streamed and counted as they are read, nothing is unpacked to a path taken from an
archive, and whatever goes wrong in the middle of reading becomes an `InputError`.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import re
import shutil
import struct
import zipfile
import zlib
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from hotspots.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

LARGEST_RATIO: Final = 200
"""How many times its own size an archive may unpack to; text tables pack to a tenth."""

LARGEST_SURE: Final = 1_000_000_000
"""Bytes that any archive may unpack to, whatever its own size."""

SIDE_FILES: Final = (".shx", ".dbf", ".prj", ".cpg")
"""Files that a shapefile is read with."""

HEAD: Final = 65_536
"""Bytes from the beginning of a file that are enough to say what it is."""

_BLOCK: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_ENCRYPTED: Final = 0x1
# Windows packs files above 2 GB in a way of its own, which Python does not read.
_METHODS: Final = {9: "Deflate64", 6: "Implode", 97: "WavPack", 98: "PPMd", 99: "AES"}
_READING: Final = (
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)
_OPENING: Final = (*_READING, ValueError, OverflowError)


class _Guarded(io.RawIOBase):
    """A stream that counts its bytes, and whose errors can be shown to the user."""

    def __init__(
        self, stream: BinaryIO, name: str, whole: str, *, most: float, declared: int | None = None
    ) -> None:
        self._stream = stream
        self._name = name
        self._whole = whole
        self._most = most
        self._declared = declared
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        into = memoryview(buffer).cast("B")
        try:
            data = self._stream.read(len(into))
        except InputError:
            raise
        except _READING as error:
            raise _cannot_unpack(self._name, error, self._whole) from error
        self._count += len(data)
        if self._count > self._most:
            raise _too_large(self._name)
        if not data and self._declared is not None and self._count != self._declared:
            msg = (
                f"'{self._name}' unpacks to {self._count:,} bytes, but its archive says "
                f"{self._declared:,}. Must be {self._whole}. Make the archive again."
            )
            raise InputError(msg)
        into[: len(data)] = data
        return len(data)


@contextmanager
def open_stream(
    path: Path, member: str = "", *, name: str, unzip: bool = True
) -> Iterator[BinaryIO]:
    """Open the bytes of a file, or of a member of a zip, for reading from the front.

    Parameters
    ----------
    path : Path
        The file or the zip.
    member : str, optional
        Name inside the zip, as `list_members` gives it.
    name : str
        What to call it in messages.
    unzip : bool, optional
        Whether gzip is undone, which is recognised by the content, not the name.

    Yields
    ------
    binary file
        Cannot seek. Errors while reading are `InputError`.

    Raises
    ------
    InputError
        If the file cannot be opened, has a password, is incomplete, or unpacks to more than
        `LARGEST_RATIO` times the size of `path` and more than `LARGEST_SURE`.
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            most = max(LARGEST_SURE, LARGEST_RATIO * path.stat().st_size)
        except OSError as error:
            raise cannot_read(path, error) from error
        raw = _Guarded(file, name, "a file that can be read to its end", most=float("inf"))
        if member:
            archive, info = _find(stack, file, path, member)
            inside = _open_member(stack, archive, info, name)
            raw = _Guarded(
                inside, name, "part of a complete zip file", most=most, declared=info.file_size
            )
        stream = io.BufferedReader(raw, _BLOCK)
        if unzip and stream.peek(len(_GZIP))[: len(_GZIP)] == _GZIP:
            unpacked = stack.enter_context(gzip.GzipFile(fileobj=stream, mode="rb"))
            guarded = _Guarded(cast("BinaryIO", unpacked), name, "a complete gzip file", most=most)
            stream = io.BufferedReader(guarded, _BLOCK)
        yield cast("BinaryIO", stream)


def list_members(path: Path) -> list[str]:
    """Name the files inside a zip, sorted by folder and name, with "/" between folders.

    Parameters
    ----------
    path : Path
        A zip.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If it is not a complete zip, holds two files of one name, a file whose name leads out of
        the folder it is unpacked to, or unpacks to more than it may (see `open_stream`).
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            size = path.stat().st_size
        except OSError as error:
            raise cannot_read(path, error) from error
        infos = _archive(stack, file, path).infolist()
    check_size(infos, size, path.name)
    for info in infos:
        _check_name(_plain_name(info), path.name)
    names = Counter(_plain_name(info) for info in infos if not _is_folder(info))
    repeated = next((name for name, count in names.items() if count > 1), None)
    if repeated is not None:
        msg = (
            f"The zip '{path.name}' holds more than one file named '{repeated}'. Must be one of "
            "each name. Unpack it, and give the folder."
        )
        raise InputError(msg)
    return sorted(names, key=lambda name: PurePosixPath(name).parts)


def check_size(infos: list[zipfile.ZipInfo], size: int, name: str) -> None:
    """Refuse an archive that unpacks to more than it may, by what it says about its members.

    No member can be read beyond what the archive says, so that this cannot be got round.

    Parameters
    ----------
    infos : list of ZipInfo
        All its members.
    size : int
        Of the archive, in bytes.
    name : str
        Of the archive, for messages.

    Raises
    ------
    InputError
        If the members together are larger than `open_stream` allows.
    """
    if sum(info.file_size for info in infos) > max(LARGEST_SURE, LARGEST_RATIO * size):
        raise _too_large(name)


@contextmanager
def real_file(path: Path, member: str = "", *, name: str) -> Iterator[Path]:
    """Give a file that other libraries can open: the file itself, or an unpacked copy.

    Parameters
    ----------
    path, member, name
        As for `open_stream`.

    Yields
    ------
    Path
        The copy is in a temporary folder, under a name of our own, and goes with it. A shapefile
        inside a zip has its `SIDE_FILES` beside it.

    Raises
    ------
    InputError
        As for `open_stream`, and if there is no room for the copy.
    """
    if not member and not is_gzip(path):
        yield path
        return
    inside = member or path.name
    stem, suffix = split_suffix(inside)
    copies = {suffix: member}
    if member and suffix == ".shp":
        copies |= side_members(list_members(path), stem)
    # A virus scanner may hold a file for a moment on Windows; it is then left to the system.
    with TemporaryDirectory(prefix="hotspots-", ignore_cleanup_errors=True) as folder:
        for ending, packed in copies.items():
            _copy(path, packed, Path(folder) / f"table{ending}", name)
        yield Path(folder) / f"table{suffix}"


def side_members(names: list[str], stem: str) -> dict[str, str]:
    """Find the `SIDE_FILES` with a stem among the names of a zip, by suffix."""
    found = {}
    for name in names:
        own, suffix = split_suffix(name)
        if own.lower() == stem.lower() and suffix in SIDE_FILES:
            found[suffix] = name
    return found


def split_suffix(name: str) -> tuple[str, str]:
    """Split a name into what comes before its suffix and the suffix in small letters.

    The `.gz` at the end of a name is passed over.

    Examples
    --------
    >>> split_suffix("2024/Jan.CSV.gz"), split_suffix("calls.gz"), split_suffix("calls")
    (('2024/Jan', '.csv'), ('calls', ''), ('calls', ''))
    """
    plain = name[: -len(".gz")] if name.lower().endswith(".gz") else name
    suffix = PurePosixPath(plain).suffix
    return plain.removesuffix(suffix), suffix.lower()


def read_head(path: Path, member: str = "", *, name: str) -> tuple[bytes, bool]:
    """Read the beginning of a file, after gzip is undone.

    Parameters
    ----------
    path, member, name
        As for `open_stream`.

    Returns
    -------
    head : bytes
        At most `HEAD` bytes.
    is_gzip : bool
        Whether gzip was undone.
    """
    with open_stream(path, member, name=name, unzip=False) as stream:
        head = stream.read(HEAD)
    if not head.startswith(_GZIP):
        return head, False
    with open_stream(path, member, name=name) as stream:
        return stream.read(HEAD), True


def checksums(path: Path, member: str = "", *, name: str) -> tuple[str, str]:
    """Read a file to its end, in constant memory.

    Parameters
    ----------
    path, member, name
        As for `open_stream`.

    Returns
    -------
    sha256 : str
        Checksum of the file (of the member, inside a zip) as it is.
    content : str
        Checksum of its bytes after gzip is undone.

    Raises
    ------
    InputError
        As for `open_stream`: a file that is damaged anywhere is found here.
    """
    with open_stream(path, member, name=name, unzip=False) as stream:
        is_packed = cast("io.BufferedReader", stream).peek(len(_GZIP)).startswith(_GZIP)
        packed = _sha256(stream)
    if not is_packed:
        return packed, packed
    with open_stream(path, member, name=name) as stream:
        return packed, _sha256(stream)


def is_gzip(path: Path) -> bool:
    """Say whether a file is gzipped, by its content."""
    try:
        with path.open("rb") as file:
            return file.read(len(_GZIP)) == _GZIP
    except OSError as error:
        raise cannot_read(path, error) from error


def cannot_read(path: Path, error: OSError) -> InputError:
    """Say that a path cannot be opened."""
    reason = error.strerror or "it cannot be read"
    msg = (
        f"Cannot read '{path}': {reason}. Must be a file, folder or zip that exists. Check the "
        "spelling and the folder."
    )
    return InputError(msg)


def _sha256(stream: BinaryIO) -> str:
    checksum = hashlib.sha256()
    while block := stream.read(_BLOCK):
        checksum.update(block)
    return checksum.hexdigest()


def _copy(path: Path, member: str, target: Path, name: str) -> None:
    with open_stream(path, member, name=name) as stream:
        try:
            with target.open("wb") as file:
                shutil.copyfileobj(stream, file, _BLOCK)
        except OSError as error:
            msg = (
                f"Cannot unpack '{name}' to '{target.parent}': {error.strerror or error}. Must "
                "have room there. Unpack it yourself, and give the folder."
            )
            raise InputError(msg) from error


def _archive(stack: ExitStack, file: BinaryIO, path: Path) -> zipfile.ZipFile:
    try:
        return stack.enter_context(zipfile.ZipFile(file))
    except _OPENING as error:
        msg = (
            f"Cannot open '{path.name}': {error}. Must be a complete zip file. Copy or download it "
            "again."
        )
        raise InputError(msg) from error


def _find(
    stack: ExitStack, file: BinaryIO, path: Path, member: str
) -> tuple[zipfile.ZipFile, zipfile.ZipInfo]:
    archive = _archive(stack, file, path)
    for info in archive.infolist():
        if _plain_name(info) == member:
            return archive, info
    msg = f"The zip '{path.name}' holds no file '{member}' any more. Must be the zip as it was."
    raise InputError(msg)


def _open_member(
    stack: ExitStack, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str
) -> BinaryIO:
    if info.flag_bits & _ENCRYPTED:
        msg = f"'{name}' has a password. Must have none. Unpack the zip, and give the folder."
        raise InputError(msg)
    try:
        return cast("BinaryIO", stack.enter_context(archive.open(info)))
    except NotImplementedError as error:
        method = _METHODS.get(info.compress_type, f"method {info.compress_type}")
        msg = (
            f"Cannot unpack '{name}': it is packed with {method}. Must be an ordinary (Deflate) "
            "zip. Unpack it, and give the folder."
        )
        raise InputError(msg) from error
    except _OPENING as error:
        raise _cannot_unpack(name, error, "part of a complete zip file") from error


def _check_name(member: str, name: str) -> None:
    """Refuse a member whose name leads out of the folder that it would be unpacked to."""
    if member.startswith("/") or re.match("[A-Za-z]:", member) or ".." in member.split("/"):
        msg = (
            f"The zip '{name}' holds a file named '{member}', outside its own folder. Must hold "
            "names inside it only. Make the zip again from the tables alone."
        )
        raise InputError(msg)


def _plain_name(info: zipfile.ZipInfo) -> str:
    """Give the name of a member with "/" between folders; some programs write a backslash."""
    return info.filename.replace("\\", "/")


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return _plain_name(info).endswith("/")


def _cannot_unpack(name: str, error: Exception, whole: str) -> InputError:
    reason = getattr(error, "strerror", None) or str(error) or "it cannot be read"
    return InputError(
        f"Cannot unpack '{name}': {reason.rstrip('.')}. Must be {whole}. Copy or download it again."
    )


def _too_large(name: str) -> InputError:
    msg = (
        f"'{name}' unpacks to more than {LARGEST_RATIO} times its size and more than "
        f"{LARGEST_SURE / 1e9:g} GB. Must be an ordinary archive of tables. If you trust it, "
        "unpack it yourself, and give the folder."
    )
    return InputError(msg)
