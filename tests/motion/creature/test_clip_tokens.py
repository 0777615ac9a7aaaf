# SPDX-License-Identifier: GPL-3.0-or-later
"""What the encoder of exemplars sees: the motion, whatever the rig's rest pose and heading."""

import numpy as np
import pytest

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.creature.adaptation import clip_tokens
from motion_addon.motion.creature.adaptation.clip_tokens import Posture, TokenLayout
from motion_addon.motion.maths import quat
from motion_addon.motion.metrics import clip_metrics
from tests.motion.dogs import dog, stepping_dog


def weights(frames: int, gait: str = "walk") -> np.ndarray:
    """Return the weights of one gait all along."""
    return np.eye(len(quadruped_gaits.GAITS), dtype=np.float32)[
        [quadruped_gaits.GAITS.index(gait)] * frames
    ]


def seen(clip: Clip) -> tuple[np.ndarray, Posture]:
    """Return the tokens and the mean pose of a clip."""
    frames = clip_tokens.root_relative(clip, clip_tokens.root_course(clip, weights(clip.frames)))
    posture = Posture.mean(clip.skeleton, frames.axes, frames.hips)
    return clip_tokens.tokens(frames, posture), posture


def reposed(clip: Clip, seed: int) -> Clip:
    """Return the same motion of a rig that rests in another pose."""
    rng = np.random.default_rng(seed)
    skeleton = clip.skeleton
    turns = quat.from_rotvec(0.6 * rng.standard_normal((len(skeleton), 3)))
    world, _ = clip.world()
    parents = np.maximum(skeleton.parents, 0)
    offsets = quat.apply(turns[parents], skeleton.offsets)
    other = Skeleton(skeleton.names, skeleton.parents, offsets.astype(np.float32))
    rotations = other.local(quat.mul(world, quat.inv(turns)[None]))
    return Clip(other, rotations.astype(np.float32), clip.root_positions, clip.fps, clip.contacts)


def test_the_rest_pose_makes_no_difference() -> None:
    clip = stepping_dog(seconds=2.0)
    other = reposed(clip, 1)
    np.testing.assert_allclose(other.world()[1], clip.world()[1], atol=1e-4)
    (one, posture), (two, again) = seen(clip), seen(other)
    np.testing.assert_allclose(one, two, atol=2e-3)
    np.testing.assert_allclose(posture.proportions, again.proportions, atol=1e-3)


def test_place_and_heading_make_no_difference() -> None:
    clip = stepping_dog(seconds=2.0)
    turn = quat.yaw(np.array(1.3)).astype(np.float32)
    rotations = clip.rotations.copy()
    rotations[:, 0] = quat.mul(turn, rotations[:, 0])
    roots = quat.apply(turn, clip.root_positions) + np.array([4.0, 0.0, -2.0])
    other = Clip(clip.skeleton, rotations, roots.astype(np.float32), clip.fps, clip.contacts)
    np.testing.assert_allclose(seen(clip)[0], seen(other)[0], atol=3e-3)


def test_tokens_are_the_parts_and_every_third_frame() -> None:
    tokens, posture = seen(stepping_dog(seconds=7.0))
    parts = len(clip_tokens.PARTS)
    assert tokens.shape == (parts + clip_tokens.MAX_TOKENS, TokenLayout.size)
    assert (tokens[:parts, TokenLayout.part] == np.eye(parts)).all()
    assert (
        not tokens[:parts, TokenLayout.frame].any() and not tokens[parts:, TokenLayout.bones].any()
    )
    assert posture.proportions.shape == (TokenLayout.proportions,)
    # The mean pose is what turns are counted from.
    forward = tokens[parts:, TokenLayout.turns].reshape(clip_tokens.MAX_TOKENS, -1, 6)[..., 2]
    assert forward.min() > 0.2


@pytest.mark.parametrize("speed", [0.5, 1.5])
def test_the_course_is_true_up_to_its_ends(speed: float) -> None:
    clip = stepping_dog(speed=speed, seconds=1.2)
    root = clip_tokens.root_course(clip, weights(clip.frames))
    np.testing.assert_allclose(root.speeds, speed, rtol=0.04)
    middle = clip_metrics.trunk(clip)[0][:, 2]
    np.testing.assert_allclose(root.positions[:, 2], middle, atol=0.02)


def test_the_rest_pose_stands_on_the_ground() -> None:
    skeleton = dog()
    rest = Posture.rest(skeleton)
    paws = rest.places[[skeleton.index(name) for name in ("LeftHindPaw", "RightForePaw")], 1]
    np.testing.assert_allclose(paws, quadruped.paw_height(skeleton), atol=0.03)
    pelvis, withers = (rest.places[skeleton.index(n), 2] for n in ("Pelvis", "Withers"))
    assert abs(pelvis + withers) < 1e-5


def test_postures_between_and_beyond() -> None:
    clip = stepping_dog(seconds=2.0)
    rest, mean = Posture.rest(clip.skeleton), seen(clip)[1]
    same = rest.between(mean, 1.0, clip.skeleton)
    np.testing.assert_allclose(same.places, mean.places, atol=1e-4)
    np.testing.assert_allclose(
        rest.between(mean, 0.0, clip.skeleton).places, rest.places, atol=1e-5
    )
    beyond = rest.between(mean, 1.5, clip.skeleton)
    assert np.linalg.norm(beyond.hips - rest.hips) > np.linalg.norm(mean.hips - rest.hips)
