"""The run as a picture: for each case, how many times as long as adjit each peer takes."""

from __future__ import annotations

from pathlib import Path

from .results import OURS, Run

MARKERS = "osD^v<>PX*"


def plot(run: Run, path: Path) -> None:
    """Writes a PNG or SVG, by the ending of the name."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    cases = [case for case in run.cases if case.time(OURS) is not None]
    figure = Figure(figsize=(9.0, 1.6 + 0.2 * len(cases)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    alone = {m.peer for case in cases for m in case.measurements if not m.gradient}
    names = list(dict.fromkeys(m.peer for case in cases for m in case.measurements))
    for position, name in enumerate(name for name in names if name != OURS):
        ratios = [(case.ratio(name), row) for row, case in enumerate(cases)]
        points = [(ratio, row) for ratio, row in ratios if ratio is not None]
        label = f"{name} (value)" if name in alone else name
        if points:
            x, y = zip(*points, strict=True)
            axes.scatter(
                x, y, label=label, marker=MARKERS[position % len(MARKERS)], s=22, alpha=0.8
            )
    axes.axvline(1.0, color="black", linewidth=1.0)
    axes.set_xscale("log")
    axes.set_yticks(range(len(cases)), [case.name for case in cases], fontsize=8)
    axes.set_ylim(len(cases) - 0.5, -0.5)
    axes.grid(True, axis="x", alpha=0.3)
    axes.set_xlabel("time / time of adjit, minimum over minimum")
    threads = run.machine["threads"]
    axes.set_title(f"{run.machine['processor']}, {threads} threads", fontsize=9)
    if axes.has_data() and axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside lower center", ncols=5, fontsize=8)
    figure.savefig(path, dpi=150)
