"""Charts: Vega-Lite drawn to SVG on the server, in the page's own colors, light and dark."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup

# Colors that a chart is drawn in, and the tokens of the page that take their places.
_INK, _SOFT, _LINE, _ACCENT, _BAR = "#010203", "#020304", "#030405", "#040506", "#050607"
_TOKENS = {
    _INK: "var(--ink)",
    _SOFT: "var(--soft)",
    _LINE: "var(--line)",
    _ACCENT: "var(--accent)",
    _BAR: "var(--bar)",
}
_CONFIG: dict[str, Any] = {
    "background": None,
    "font": "Inter",
    "view": {"stroke": None},
    "axis": {
        "labelColor": _SOFT, "titleColor": _SOFT, "gridColor": _LINE, "domainColor": _LINE,
        "tickColor": _LINE, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
    },
    "text": {"color": _INK, "fontSize": 12},
}  # fmt: skip
_SIZE = {"width": 420, "height": 240}


def lift_chart(steps: Sequence[Mapping[str, float]], label: str) -> Markup:
    """Return how many of the good outcomes the best-ranked shares hold, against chance."""
    points = [{"share": 0.0, "caught": 0.0}] + [
        {"share": s["share"], "caught": s["caught"]} for s in steps
    ]
    x = _axis("share", "best-ranked share of the firms", ".0%")
    return _draw(
        _SIZE
        | {
            "layer": [
                {
                    "data": {"values": [{"share": 0, "caught": 0}, {"share": 1, "caught": 1}]},
                    "mark": {"type": "line", "color": _SOFT, "strokeDash": [4, 4]},
                    "encoding": {"x": x, "y": _axis("caught", "good outcomes among them", ".0%")},
                },
                {
                    "data": {"values": points},
                    "mark": {"type": "line", "color": _ACCENT, "strokeWidth": 2, "point": {"color": _ACCENT, "size": 40}},
                    "encoding": {"x": x, "y": _axis("caught", "good outcomes among them", ".0%")},
                },
            ]
        },
        label,
    )  # fmt: skip


def calibration_chart(bins: Sequence[Mapping[str, float]], label: str) -> Markup:
    """Return what came against what was foretold, with what chance allows."""
    most = max([0.05, *(max(b["high"], b["foretold"]) for b in bins)])
    most = min(1.0, round(most * 20 + 0.5) / 20)
    x, y = _axis("foretold", "foretold", ".0%", most), _axis("came", "came", ".0%", most)
    rows = [dict(b) for b in bins]
    return _draw(
        _SIZE
        | {
            "layer": [
                {
                    "data": {"values": [{"foretold": 0, "came": 0}, {"foretold": most, "came": most}]},
                    "mark": {"type": "line", "color": _SOFT, "strokeDash": [4, 4]},
                    "encoding": {"x": x, "y": y},
                },
                {
                    "data": {"values": rows},
                    "mark": {"type": "rule", "color": _BAR, "strokeWidth": 4},
                    "encoding": {"x": x, "y": _axis("low", "came", ".0%", most), "y2": {"field": "high"}},
                },
                {
                    "data": {"values": rows},
                    "mark": {"type": "point", "filled": True, "color": _ACCENT, "size": 50, "opacity": 1},
                    "encoding": {"x": x, "y": y},
                },
            ]
        },
        label,
    )  # fmt: skip


def _axis(field: str, title: str, form: str, most: float = 1.0) -> dict[str, Any]:
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "scale": {"domain": [0, most], "nice": False},
        "axis": {"format": form, "tickCount": 5},
    }


def _draw(spec: Mapping[str, Any], label: str) -> Markup:
    told = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": _CONFIG}
    return _to_svg(json.dumps(told | dict(spec), sort_keys=True), label)


@lru_cache(maxsize=64)
def _to_svg(spec: str, label: str) -> Markup:
    import vl_convert

    svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    for drawn, token in _TOKENS.items():
        svg = svg.replace(drawn, token)
    # It is one picture with one name; its parts have none.
    svg = re.sub(r' (role|class|aria-[a-z]+)="[^"]*"', "", svg)
    head = Markup('<svg class="chart" role="img" aria-label="{}" ').format(label)
    return Markup(head + Markup(svg.removeprefix("<svg ")))  # noqa: S704  (drawn here, from numbers)
