"""The page around a map: title, marking, legend, ranked list and notes.

The words go through Jinja templates that escape them; the result hangs on the folium map as one
element, so that the map also works in a notebook.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import jinja2
from branca.element import MacroElement
from folium.template import Template

if TYPE_CHECKING:
    import folium

_ENVIRONMENT: Final = jinja2.Environment(
    autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def read_text(name: str) -> str:
    """Read a text file of this room; a Windows checkout gives the same page as any other."""
    content = files("hotspots.maps").joinpath(*name.split("/")).read_bytes()
    return content.decode("utf-8").replace("\r\n", "\n")


def inert(text: str) -> str:
    """Break template marks in text from data, "{{" into "{ {".

    folium parses what it has rendered a second time as a Jinja template, and would run what a
    location or a name has between such marks.
    """
    return re.sub(r"\{(?=[{%#])", "{ ", text)


def fill(name: str, **values: Any) -> str:  # noqa: ANN401 (whatever the template names)
    """Fill a template of this room; every value is escaped, and inert for folium."""
    return inert(_ENVIRONMENT.from_string(read_text(name)).render(**values))


class StillPage(MacroElement):
    """The page around a map that needs no script of its own.

    Parameters
    ----------
    html : str
        The filled template.
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}<style>{{ this.css }}</style>{% endmacro %}
        {% macro html(this, kwargs) %}{{ this.html }}{% endmacro %}
        """
    )

    def __init__(self, html: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Page"
        self.html = html
        self.css = read_text("page.css")


class Page(MacroElement):
    """The page around a map, as an element of folium.

    Parameters
    ----------
    html : str
        The filled `page.html`.
    map_ : folium.Map
        The map.
    *layers : folium.GeoJson
        Its layers: areas, hotspots, excluded ground.
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}<style>{{ this.css }}</style>{% endmacro %}
        {% macro html(this, kwargs) %}{{ this.html }}{% endmacro %}
        {% macro script(this, kwargs) %}
        {{ this.js }}
        startHotspotPage({{ this.layers }});
        {% endmacro %}
        """
    )

    def __init__(self, html: str, map_: folium.Map, *layers: folium.GeoJson) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Page"
        self.html = html
        self.css = read_text("page.css")
        self.js = read_text("page.js")
        self.layers = ", ".join(part.get_name() for part in (map_, *layers))
