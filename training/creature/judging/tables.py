# SPDX-License-Identifier: GPL-3.0-or-later
"""Summaries of one-shot adaptation: shares, targets, and tables in Markdown."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

Row = dict[str, Any]

OURS: Final = "one shot"
NO_SHOT: Final = "another's clip"
FINETUNED: Final = "fine-tuned"

JUDGED: Final = {"pose": ("other",), "footfalls": ("other",), "slip": ("other", "turn")}
"""Measures that should be lower than every baseline's, and the cases they are taken from."""
LIMITS: Final = {
    "pose": 3.0,
    "pose of the network": 3.0,
    "pose of planted paws": 3.0,
    "footfalls_most": 0.03,
    "period": 2.0,
}
"""Limits of each measure at the exemplar's own speed: %, %, %, strides, %."""
EXPLAINED: Final = ("pose of the network", "pose of planted paws")
"""Measures that explain a missed target: the pose before the clean-up, and the pose against an
exemplar whose sliding paws are planted by the same clean-up."""
CURVE_SLIP: Final = 1.0
"""Limit of the median slip of planted paws on curves, % of the hip height."""
UNSEEN: Final = {"slip": CURVE_SLIP}
"""Values of a measure that count as none: a method below it is never worse than another."""
BETTER: Final = 0.8
"""Target share of creatures on which ours is better than every baseline."""


def mean_of(rows: Sequence[Row], method: str, measure: str, kinds: Sequence[str]) -> float:
    """Return the mean of a measure of the cleaned motion over some kinds of cases; nan if none."""
    found = [
        row["clean"][measure]
        for row in rows
        if row["method"] == method and row["case"] in kinds and measure in row["clean"]
    ]
    return float(np.mean(found)) if found else float("nan")


def judged(rows: Sequence[Row]) -> dict[str, bool]:
    """Return for one creature whether ours is lower than every baseline, by measure and in all.

    "slip, strictly" ignores UNSEEN and is not part of "all".
    """
    rivals = {row["method"] for row in rows} - {OURS, NO_SHOT}
    out, strict = {}, True
    for measure, kinds in JUDGED.items():
        own = mean_of(rows, OURS, measure, kinds)
        least = min((mean_of(rows, rival, measure, kinds) for rival in rivals), default=np.inf)
        strict = bool(own < least)
        out[measure] = strict or own <= UNSEEN.get(measure, -1.0)
    return out | {"all": all(out.values()), "slip, strictly": strict}


def summary(rows: Sequence[Row]) -> Row:
    """Return the figures of the targets over the rows of some creatures."""
    names = list(dict.fromkeys(row["creature"] for row in rows))
    won = {name: judged([row for row in rows if row["creature"] == name]) for name in names}
    ours = [row for row in rows if row["method"] == OURS]
    own = [_own(row) for row in ours if row["case"] == "own"]
    curves = [row["clean"] for row in ours if row["case"] == "turn"]
    methods = list(dict.fromkeys(row["method"] for row in rows))
    shares = {m: float(np.mean([one[m] for one in won.values()])) for m in next(iter(won.values()))}
    slip = float(np.median([row["planted_median"] for row in curves]))
    within = {m: float(np.mean([row[m] <= most for row in own])) for m, most in LIMITS.items()}
    targets = {f"own {m}": within[m] == 1.0 for m in LIMITS if m not in EXPLAINED}
    targets |= {f"better {m}": shares[m] >= BETTER for m in (*JUDGED, "all")}
    return {
        "creatures": len(names),
        "own": {
            m: {"median": float(np.median([r[m] for r in own])), "worst": max(r[m] for r in own)}
            for m in LIMITS
        },
        "own_within": within,
        "means": {method: _means(rows, method) for method in methods},
        "better": shares,
        "better_by_creature": won,
        "curve_slip_median": slip,
        "targets": targets | {"curve slip": slip <= CURVE_SLIP},
    }


def _own(row: Row) -> Row:
    """Return the measures of LIMITS at the exemplar's own speed."""
    done = row["clean"]
    return {**done, EXPLAINED[0]: row["raw"]["pose"], EXPLAINED[1]: done["pose_planted"]}


def _means(rows: Sequence[Row], method: str) -> Row:
    """Return the mean of each measure over the cases it is taken from."""
    out = {f"own {m}": mean_of(rows, method, m, ("own",)) for m in ("pose", "footfalls", "period")}
    out |= {m: mean_of(rows, method, m, kinds) for m, kinds in JUDGED.items()}
    out |= {f"turn {m}": mean_of(rows, method, m, ("turn",)) for m in ("pose", "slip")}
    return {m: value for m, value in out.items() if np.isfinite(value)}


def of_creature(rows: Sequence[Row]) -> str:
    """Return the figures of one creature, a line for each case and method, raw in brackets."""
    lines = [f"\n{rows[0]['creature']} ({rows[0]['group']})"]
    for row in rows:
        raw, done = row["raw"], row["clean"]
        text = f"  {row['case']:<6}{row['gait']:<7}{row['speed']:5.2f} {row['method']:<15}"
        if "pose" in done:
            text += f"pose {done['pose']:5.1f} ({raw['pose']:5.1f})"
            text += f"  footfalls {done['footfalls']:.3f}  period {done['period']:5.1f} %"
        text += f"  slip {done['slip_median']:5.2f} / {done['slip_95']:5.2f}"
        lines.append(f"{text}  planted {done['planted_median']:.2f} ({raw['planted_median']:.2f})")
    return "\n".join(lines)


def of_summary(group: str, found: Row) -> str:
    """Return the tables of a group of creatures, and which targets are missed."""
    lines = [f"\n{group}: {found['creatures']} creatures", ""]
    lines += [
        "| at the exemplar's own speed | median | worst | within the limit |",
        "|---|---|---|---|",
    ]
    for measure, values in found["own"].items():
        share = f"{100.0 * found['own_within'][measure]:.0f} %"
        lines.append(f"| {measure} | {values['median']:.3f} | {values['worst']:.3f} | {share} |")
    columns = next(iter(found["means"].values()))
    lines += ["", "| method | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for method, means in found["means"].items():
        lines.append(f"| {method} | " + " | ".join(f"{v:.3g}" for v in means.values()) + " |")
    better = ", ".join(f"{m} {100.0 * share:.0f} %" for m, share in found["better"].items())
    slip = f"{found['curve_slip_median']:.2f} % of the hip's height"
    lines += [
        "",
        f"better than every baseline: {better}",
        f"slip of planted paws on curves: {slip}",
    ]
    missed = ", ".join(target for target, ok in found["targets"].items() if not ok)
    return "\n".join([*lines, f"missed: {missed or 'none'}"])
