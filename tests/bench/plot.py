# SPDX-License-Identifier: ISC
"""A picture of the results: a panel a workload, a bar a server."""
from html import escape

from report import FIGURES, median

# the figure that each workload is about
MAIN = {"w1": "delivered_per_s", "w1k": "delivered_per_s",
        "w2": "delivered_per_s", "w3": "octets_per_s",
        "w4": "octets_per_session", "w5": "accepted_per_s",
        "w6": "delivered_per_s", "w7": "seen_ms.p50",
        "w7idle": "seen_ms.p50", "w8": "accepted_per_s"}
LESS_IS_MORE = ("w4", "w7", "w7idle")
COLOURS = {"mailgrave": "#1b6e53", "laden": "#5aa88c", "bare": "#9a9a9a"}
OTHER = "#c7a252"
PANEL_W, BAR_H, HEAD_H, GAP, COLUMNS = 380, 20, 46, 24, 2
NAME_W, VALUE_W = 80, 70


def number(v):
    return f"{v:,.0f}" if v >= 100 else f"{v:.3g}"


def text(x, y, words, size=12, weight="normal", anchor="start"):
    return (f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" '
            f'text-anchor="{anchor}">{escape(words)}</text>')


def panel(x, y, name, title, bars):
    path = MAIN[name]
    heading = next(h for h, p in FIGURES if p == path)
    if name in LESS_IS_MORE:
        heading += " (less is better)"
    out = [text(x, y + 14, f"{name}: {title}", 13, "bold"),
           text(x, y + 32, heading)]
    most = max(v for _, v in bars)
    room = PANEL_W - NAME_W - VALUE_W
    for i, (server, v) in enumerate(bars):
        top = y + HEAD_H + i * BAR_H
        width = max(1, room * v / most)
        out.append(text(x + NAME_W - 6, top + 13, server, anchor="end"))
        out.append(f'<rect x="{x + NAME_W}" y="{top + 2}" width="{width:.1f}" '
                   f'height="{BAR_H - 6}" '
                   f'fill="{COLOURS.get(server, OTHER)}"/>')
        out.append(text(x + NAME_W + width + 5, top + 13, number(v)))
    return "\n".join(out)


def draw(path, caption, texts, results):
    """texts: by workload; results: by workload and server."""
    panels = []
    for name in results:
        bars = [(s, median(r, MAIN[name])) for s, r in results[name].items()]
        bars = [(s, v) for s, v in bars if v is not None]
        if bars:
            panels.append((name, bars))
    tallest = max((len(bars) for _, bars in panels), default=0)
    height = HEAD_H + tallest * BAR_H + GAP
    rows = (len(panels) + COLUMNS - 1) // COLUMNS
    w, h = COLUMNS * (PANEL_W + GAP) + GAP, rows * height + 3 * GAP
    with open(path, "w") as out:
        out.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" '
                  f'height="{h}" font-family="sans-serif">\n'
                  f'<rect width="{w}" height="{h}" fill="#ffffff"/>\n'
                  + text(GAP, GAP, caption) + "\n")
        for i, (name, bars) in enumerate(panels):
            out.write(panel(GAP + i % COLUMNS * (PANEL_W + GAP),
                            2 * GAP + i // COLUMNS * height, name,
                            texts[name], bars) + "\n")
        out.write("</svg>\n")
