"""A plan as a table of what was chosen and why."""

from collections.abc import Sequence
from html import escape

__all__ = ["plan_as_html", "plan_as_text"]

Rows = Sequence[tuple[str, str, str]]
"""The name of a choice, what was chosen, and why."""

# The class is said twice where JupyterLab has a rule for all tables that would else be stronger.
_STYLE = """
.nbs-plan table{border-collapse:collapse;margin:.4em 0;border:0;color:inherit}
.nbs-plan tr,.nbs-plan tbody tr:nth-child(even){background:none}
.nbs-plan.nbs-plan table :is(th,td){padding:.25em .8em .25em 0;text-align:left;border:0;
 color:inherit;border-bottom:1px solid rgba(128,128,128,.3);vertical-align:top}
.nbs-plan td:last-child{opacity:.75;white-space:normal}
"""


def plan_as_text(rows: Rows) -> str:
    """Return the table as lines of text.

    Examples
    --------
    >>> print(plan_as_text([("loss", "dice", "your choice"), ("patch", "64 × 64", "")]))
    loss     dice       your choice
    patch    64 × 64
    """
    name, value = (4 + max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{n:<{name}} {v:<{value - 1}} {why}".rstrip() for n, v, why in rows)


def plan_as_html(rows: Rows) -> str:
    """Return the table as HTML that reads on light and dark pages.

    Examples
    --------
    >>> "<td>dice</td>" in plan_as_html([("loss", "dice", "your choice")])
    True
    """
    head = "".join(f"<th>{text}</th>" for text in ("Choice", "Value", "Why"))
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<style>{_STYLE}</style><div class="nbs-plan">{table}</div>'
