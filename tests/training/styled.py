# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of styles learn from: one motion as if it were many clips, and a tiny network."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.nn.adain import WINDOW
from motion_addon.motion.style import style_features as sf
from motion_addon.motion.style.style_features import StyleLayout
from training.shared.frames import Joined
from training.style import dataset, model, prepare, train
from training.style.style_set import StyleSet
from training.style.synthesis.animal_styles import ANIMAL_STYLES
from training.style.synthesis.people_styles import PEOPLE_STYLES

SMALL = model.Size(width=12, hidden=16)
QUICK = train.Settings(steps=3, batch=6, every=2)


@dataclass(frozen=True, eq=False)
class Subject:
    """A motion that styles are put on."""

    kind: StyleSet
    request: BakeRequest
    names: tuple[str, str, str, str]
    """Of its clips: learned from, another performer's, and one of each held out."""

    @property
    def layout(self) -> StyleLayout:
        return self.kind.layout

    @cached_property
    def clip(self) -> Clip:
        return bake(self.request).clip

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """Return a dataset; the held-out clips are the mirrored motion."""
        joined = Joined()
        for i, name in enumerate(self.names):
            arrays = prepare.arrays_of(self.clip if i < 2 else self.clip.mirrored())
            count = len(arrays["features"])
            labels = arrays | {"other": np.full(count, i % 2 == 1)}
            joined.add(name, labels, np.arange(count) > 5, held_out=i >= 2)
        return joined.arrays(self.clip.skeleton) | {"body": np.array(self.kind.body)}

    def windows(self, held_out: bool = False) -> dataset.StyleWindows:
        return dataset.StyleWindows(self.arrays, held_out)

    def rendered(self, name: str, **more: float) -> tuple[np.ndarray, np.ndarray]:
        """Return a window as it is and in a style."""
        parts = self.windows().read(np.array([30]))
        row = self.kind.row({**self.kind.styles.get(name, {}), **more})[None]
        shaky = sf.unsteadiness(np.random.default_rng(0), 1, WINDOW)
        return parts["features"], dataset.rendered(self.kind, parts, row, shaky)


WALKER = Subject(
    PEOPLE_STYLES,
    BakeRequest(path=((0.0, 0.0, 0.0), (0.0, 0.0, 5.0)), fps=60.0, stop=False),
    ("o3de/a", "smartbody/B/b", "o3de/c", "smartbody/D/d"),
)
TROTTER = Subject(
    ANIMAL_STYLES,
    BakeRequest(
        path=((0.0, 0.0, 0.0), (0.0, 0.0, 7.0)),
        speed=1.8,
        fps=60.0,
        stop=False,
        model="quadruped",
    ),
    ("labrador/a", "creature/1/b", "labrador/c", "unseen/2/d"),
)
SUBJECTS = {"person": WALKER, "animal": TROTTER}
