"""The JavaScript modules of a widget, joined into the one text that anywidget hands to a browser.

anywidget loads a text, from which a browser can import no neighbours; a bundler would be one tool
more for everybody. The modules are kept to what is told apart by its first word in a line: imports
of names from a neighbour, and exports of declarations.
"""

import re
from importlib.resources import files

from ipywidgets import HTML

__all__ = ["joined_modules", "static_text", "style_sheets"]

_IMPORT = re.compile(r'^import\s*(\{[^}]*\})\s*from\s*"\./([\w-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(
    r"^export (?=(?:async )?(?:function\*?|class|const|let)\s+([\w$]+))", re.MULTILINE
)


def static_text(name: str) -> str:
    """Return one of the files that widgets send to the browser.

    Examples
    --------
    >>> "sweep" in static_text("geometry.js")
    True
    """
    return files("notebook_seg.widgets").joinpath("static", name).read_text("utf-8")


def style_sheets(*names: str) -> HTML:
    """Return an unseen widget that brings style sheets to the page.

    Examples
    --------
    >>> "<style>" in style_sheets("panel.css").value
    True
    """
    return HTML(f"<style>{''.join(map(static_text, names))}</style>")


def joined_modules(entry: str) -> str:
    """Return a module together with those that it imports, as a single one.

    Parameters
    ----------
    entry : str
        Name of the module without its ending. Its ``export default`` is that of the result.

    Notes
    -----
    Each module becomes a function that is called once and returns what it exports, so that names
    that are not exported do not meet.

    Examples
    --------
    >>> text = joined_modules("labelmap")
    >>> text.index("const module_geometry") < text.index("class LabelMap")
    True
    """
    parts: dict[str, str] = {}
    _collect(entry, parts)
    return "\n".join(parts.values())


def _collect(name: str, parts: dict[str, str], is_entry: bool = True) -> None:
    """Put a module behind those that it needs."""
    text = static_text(f"{name}.js")
    for _, needed in _IMPORT.findall(text):
        if needed not in parts:
            _collect(needed, parts, is_entry=False)
    text = _IMPORT.sub(r"const \1 = module_\2;\n", text)
    parts[name] = text if is_entry else _as_function(name, text)


def _as_function(name: str, text: str) -> str:
    exported = ", ".join(_EXPORT.findall(text))
    body = _EXPORT.sub("", text)
    return f"const module_{name} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"
