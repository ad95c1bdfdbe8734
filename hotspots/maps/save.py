"""Write a folium map as one file that opens without a network.

Linked files are replaced by the copies in `assets/`, or left out where the page does not use them;
then the finished page is read again and refused if anything in it would still be loaded.
"""

from __future__ import annotations

import base64
import copy
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import folium
from branca.element import Element

from hotspots.errors import InputError, invalid
from hotspots.maps.page import read_text
from hotspots.writing import write_whole

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator


_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)

_UNUSED_UNLESS: Final = (
    (r"jquery[\w.-]*\.js", r"\$\(|\$\.|\bjQuery\b"),
    (r"bootstrap-glyphicons\.css", r"AwesomeMarkers|glyphicon"),
    (r"bootstrap[\w.-]*\.(js|css)", r"\bdata-bs-|\bbootstrap\."),
    (r"leaflet\.awesome[\w.-]*\.(js|css)|all\.min\.css", r"AwesomeMarkers|\bfa-"),
)
"""Files that folium links from every page, and what a page that uses them contains."""

_SCRIPT: Final = re.compile(r'<script\b[^>]*\bsrc="([^"]*)"[^>]*>\s*</script>', re.IGNORECASE)
_LINK: Final = re.compile(r'<link\b[^>]*\bhref="([^"]*)"[^>]*>', re.IGNORECASE)
_CSS_URL: Final = re.compile(
    r"url\(\s*['\"]?(?!data:|#)([^)'\"]+)|@import\s+([^;]+)", re.IGNORECASE
)
_LOADING_CALL: Final = re.compile(
    r"L\.(?:tileLayer|imageOverlay|videoOverlay)[.\w]*\(\s*[\"'](?!data:)([^\"']+)"
)
_RANDOM_ID: Final = re.compile(r"[0-9a-f]{32}")


def save_map(map_: folium.Map, path: str | os.PathLike[str]) -> Path:
    """Write a map to one file that opens in any browser, without a network.

    Parameters
    ----------
    map_ : folium.Map
        From `map_hotspots`, or a folium map of your own: GeoJson layers, GeoJsonTooltip and
        GeoJsonPopup, markers and vector shapes, no tiles.
    path : str or path-like
        File to write, ending in .html. An existing file is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the map needs a file that this package does not ship, or tiles, naming each; or if the
        path does not end in .html.
    OutputError
        If the file cannot be written; an existing file is then unchanged.

    Notes
    -----
    The same map gives the same bytes: folium's random identifiers are numbered in order of
    appearance. The page forbids the browser all network access (Content-Security-Policy), so a
    link that a check overlooked does not load either.

    Caveats
    -------
    The file holds everything that the map shows, in plain text: handle it by its marking. Your own
    folium map is not checked for what its popups reveal.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import folium
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     saved = save_map(folium.Map([51.5, -0.1], tiles=None), Path(folder) / "map.html")
    ...     "http-equiv" in saved.read_text(encoding="utf-8")
    True

    Tiles come from a server, so they cannot be in a file:

    >>> save_map(folium.Map([51.5, -0.1], tiles="OpenStreetMap"), "map.html")
    Traceback (most recent call last):
    ...
    hotspots.errors.InputError: The map would load what is not in the file:
    - https://tile.openstreetmap.org/{z}/{x}/{y}.png
    Must be complete in itself...
    """
    if not isinstance(map_, folium.Map):
        name = "map_"  # type: ignore[unreachable]
        raise invalid(name, type(map_).__name__, "a folium.Map", "Use hs.map_hotspots.")
    target = Path(path)
    if target.suffix.lower() not in {".html", ".htm"}:
        name = "path"
        raise invalid(name, path, "a file name that ends in .html")
    remedy = "Create the folder, or close the file if it is open."
    write_whole(make_page(map_), target, remedy)
    return target


def make_page(map_: folium.Map) -> str:
    """Give the whole page as text: the same for the same map, and complete in itself."""
    # Rendering adds to the map, so a second page would differ from the first.
    figure = copy.deepcopy(map_.get_root())
    page = figure.render()
    page = _number_ids(page, figure)
    page = _inline(page)
    head = (
        '<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<link rel="icon" href="data:,">\n'  # browsers ask a server for an icon otherwise
    )
    if not getattr(figure, "title", None):
        head += "<title>Map</title>\n"
    page = page.replace("<html>", '<html lang="en">', 1).replace("<head>\n", head, 1)
    loads = _Loads()
    loads.feed(page)
    loads.close()
    if loads.found:
        listed = "\n".join(f"- {url}" for url in dict.fromkeys(loads.found))
        msg = (
            f"The map would load what is not in the file:\n{listed}\nMust be complete in itself. "
            "Make the map with tiles=None and embed the data in its layers."
        )
        raise InputError(msg)
    return page


def _number_ids(page: str, figure: Element) -> str:
    """Replace folium's random ids, and nothing else that looks like one, by numbers."""
    ids = set(_ids(figure))
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        found = match.group()
        return numbers.setdefault(found, str(len(numbers) + 1)) if found in ids else found

    return _RANDOM_ID.sub(number, page)


def _ids(element: Element) -> Iterator[str]:
    yield element._id  # noqa: SLF001 (folium has no public name for it)
    parts = (getattr(element, name, None) for name in ("header", "html", "script"))
    for child in [*element._children.values(), *parts]:  # noqa: SLF001
        if isinstance(child, Element):
            yield from _ids(child)


def _inline(page: str) -> str:
    """Replace every linked script and style sheet by its content, or by nothing if unused."""
    rest = _LINK.sub("", _SCRIPT.sub("", page))
    missing: list[str] = []

    def replace(match: re.Match[str]) -> str:
        name = urlsplit(match.group(1)).path.rsplit("/", 1)[-1]
        if name in _SHIPPED:
            return _SHIPPED[name]()
        for file, sign in _UNUSED_UNLESS:
            if re.fullmatch(file, name) and not re.search(sign, rest):
                return ""
        missing.append(name)
        return match.group()

    page = _LINK.sub(replace, _SCRIPT.sub(replace, page))
    if missing:
        listed = "\n".join(f"- {name}" for name in dict.fromkeys(missing))
        msg = (
            f"The map uses files that this package does not ship:\n{listed}\nMust need Leaflet "
            "only. Use GeoJson layers with GeoJsonTooltip or GeoJsonPopup in place of Popup, "
            "Icon and plugins."
        )
        raise InputError(msg)
    return page


def _leaflet_script() -> str:
    """Give Leaflet with its licence, and its marker images inside."""
    code = re.sub(r"//# sourceMappingURL=\S+\s*$", "", read_text("assets/leaflet.js"))
    images = ", ".join(
        f'{option}: "{_data_uri(f"images/{name}.png")}"'
        for option, name in (
            ("iconUrl", "marker-icon"),
            ("iconRetinaUrl", "marker-icon-2x"),
            ("shadowUrl", "marker-shadow"),
        )
    )
    return (
        f"<script>\n/*!\n{read_text('assets/LICENSE-leaflet.txt')}*/\n{code}\n"
        # Leaflet looks for its marker images beside the style sheet, which is inside the page.
        f"L.Icon.Default.mergeOptions({{{images}}});\n</script>"
    )


def _leaflet_style() -> str:
    code = re.sub(
        r"url\((images/[\w.-]+)\)",
        lambda match: f"url({_data_uri(match.group(1))})",
        read_text("assets/leaflet.css"),
    )
    return f"<style>\n{code}</style>"


_SHIPPED: Final = {"leaflet.js": _leaflet_script, "leaflet.css": _leaflet_style}


def _data_uri(name: str) -> str:
    content = files("hotspots.maps").joinpath("assets", *name.split("/")).read_bytes()
    return f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}"


class _Loads(HTMLParser):
    """Reads a page as a browser does and collects what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at the attributes that make a browser load something."""
        self._inside = tag
        for name, value in attrs:
            if name == "style":
                self._check_css(value or "")
            elif _is_loading(tag, name) and not (value or "").strip().startswith(("data:", "#")):
                self.found.append(value or f"<{tag} {name}>")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 (the signature is the parser's)
        """Forget where we are."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Look into style sheets and scripts."""
        if self._inside == "style":
            self._check_css(data)
        elif self._inside == "script":
            self.found += _LOADING_CALL.findall(data)

    def _check_css(self, css: str) -> None:
        self.found += [url or target for url, target in _CSS_URL.findall(css)]


def _is_loading(tag: str, attribute: str) -> bool:
    if attribute in {"href", "xlink:href"}:
        return tag not in {"a", "area"}  # a link loads nothing until somebody clicks on it
    return attribute in {"src", "srcset", "data", "poster", "background"}
