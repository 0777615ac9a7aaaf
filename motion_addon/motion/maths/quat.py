# SPDX-License-Identifier: GPL-3.0-or-later
"""Quaternion math on plain numpy arrays.

Owns rotations and nothing else. Quaternions are ``wxyz`` and rotate column vectors, so
``apply(mul(a, b), v) == apply(a, apply(b, v))``. Every function takes any leading shape.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0], dtype=np.float32)

_AXES = {"X": 0, "Y": 1, "Z": 2}


def mul(a: Array, b: Array) -> Array:
    """Return the product of two quaternions, shapes (..., 4) broadcast together."""
    aw, ax, ay, az = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bw, bx, by, bz = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def inv(q: Array) -> Array:
    """Return the inverse of unit quaternions (..., 4)."""
    return np.asarray(q * np.array([1.0, -1.0, -1.0, -1.0], dtype=q.dtype))


def cross(a: Array, b: Array) -> Array:
    """Return the cross product over the last axis; several times faster than ``np.cross``."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def apply(q: Array, v: Array) -> Array:
    """Rotate vectors ``v`` (..., 3) by quaternions ``q`` (..., 4)."""
    xyz = q[..., 1:]
    t = 2.0 * cross(xyz, v)
    return np.asarray(v + q[..., :1] * t + cross(xyz, t))


def mul_inv(a: Array, b: Array) -> Array:
    """Return ``a`` times the inverse of ``b``, unit quaternions (..., 4)."""
    return mul(a, inv(b))


def inv_mul(a: Array, b: Array) -> Array:
    """Return the inverse of ``a`` times ``b``, unit quaternions (..., 4)."""
    return mul(inv(a), b)


def inv_apply(q: Array, v: Array) -> Array:
    """Rotate vectors ``v`` (..., 3) by the inverses of unit quaternions ``q`` (..., 4)."""
    return apply(inv(q), v)


def normalize(q: Array) -> Array:
    """Return unit quaternions; a zero quaternion becomes the identity."""
    norm = np.linalg.norm(q, axis=-1, keepdims=True)
    safe = np.where(norm > 1e-12, norm, 1.0)
    return np.asarray(np.where(norm > 1e-12, q / safe, IDENTITY.astype(q.dtype)))


def unit(v: Array) -> Array:
    """Return vectors (..., n) scaled to length one; zero vectors stay zero."""
    norm = np.linalg.norm(v, axis=-1, keepdims=True)
    return np.asarray(v / np.maximum(norm, 1e-12))


def to_matrix(q: Array) -> Array:
    """Return rotation matrices (..., 3, 3) of unit quaternions (..., 4)."""
    w, x, y, z = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def from_matrix(m: Array) -> Array:
    """Return unit quaternions (..., 4) of rotation matrices (..., 3, 3).

    Shepperd's method: each quaternion is built from its largest component, so that no
    division is ill-conditioned.
    """
    m00, m11, m22 = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    squares = np.stack(
        [1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22],
        axis=-1,
    )
    a, b, c = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    d, e, f = m[..., 1, 0] + m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0], m[..., 2, 1] + m[..., 1, 2]
    w2, x2, y2, z2 = (squares[..., i] for i in range(4))
    options = np.stack(
        [
            np.stack([w2, a, b, c], axis=-1),
            np.stack([a, x2, d, e], axis=-1),
            np.stack([b, d, y2, f], axis=-1),
            np.stack([c, e, f, z2], axis=-1),
        ],
        axis=-2,
    )
    best = np.argmax(squares, axis=-1)[..., None, None]
    chosen = np.take_along_axis(options, np.broadcast_to(best, (*best.shape[:-1], 4)), axis=-2)
    q = normalize(chosen[..., 0, :])
    return np.asarray(np.where(q[..., :1] < 0, -q, q))


def from_axis_angle(axis: Array, angle: Array | float) -> Array:
    """Return rotations of ``angle`` radians about unit ``axis`` (..., 3)."""
    half = np.asarray(angle)[..., None] * 0.5
    return np.concatenate([np.cos(half) + 0.0 * axis[..., :1], np.sin(half) * axis], axis=-1)


def from_rotvec(v: Array) -> Array:
    """Return the rotations of rotation vectors (..., 3) in radians."""
    angle = np.linalg.norm(v, axis=-1, keepdims=True)
    half = angle * 0.5
    scale = 0.5 * np.sinc(half / np.pi)
    return np.concatenate([np.cos(half), scale * v], axis=-1)


def to_rotvec(q: Array) -> Array:
    """Return rotation vectors (..., 3) in radians, of length at most pi."""
    q = np.where(q[..., :1] < 0, -q, q)
    sine = np.linalg.norm(q[..., 1:], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(sine, q[..., :1])
    scale = np.where(sine > 1e-9, angle / np.maximum(sine, 1e-12), 2.0)
    return np.asarray(scale * q[..., 1:])


def yaw(angle: Array | float) -> Array:
    """Return rotations of ``angle`` radians about +Y; positive turns +Z towards +X."""
    half = np.asarray(angle) * 0.5
    zero = np.zeros_like(half)
    return np.stack([np.cos(half), zero, np.sin(half), zero], axis=-1)


def yaw_of(direction: Array) -> Array:
    """Return the yaw (...,) in radians that turns +Z to a horizontal direction (..., 3)."""
    return np.asarray(np.arctan2(direction[..., 0], direction[..., 2]))


def between(u: Array, v: Array) -> Array:
    """Return the shortest rotation taking direction ``u`` to ``v``, both (..., 3)."""
    u, v = unit(u), unit(v)
    dot = np.sum(u * v, axis=-1, keepdims=True)
    other = np.where(np.abs(u[..., :1]) < 0.8, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    opposite = np.concatenate([np.zeros_like(dot), unit(cross(u, other))], axis=-1)
    q = np.concatenate([1.0 + dot, cross(u, v)], axis=-1)
    return np.asarray(np.where(dot < -0.999999, opposite, normalize(q)))


def to_two_axes(q: Array) -> Array:
    """Return the rotated +Z (forward) and +Y (up) axes, shape (..., 6)."""
    w, x, y, z = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    return np.stack(
        [
            2 * (x * z + w * y),
            2 * (y * z - w * x),
            1 - 2 * (x * x + y * y),
            2 * (x * y - w * z),
            1 - 2 * (x * x + z * z),
            2 * (y * z + w * x),
        ],
        axis=-1,
    )


def from_two_axes(axes: Array) -> Array:
    """Return rotations of forward and up axes (..., 6), Gram-Schmidt on forward."""
    forward = unit(axes[..., :3])
    right = unit(cross(axes[..., 3:], forward))
    up = cross(forward, right)
    return from_matrix(np.stack([right, up, forward], axis=-1))


def slerp(a: Array, b: Array, t: Array | float) -> Array:
    """Interpolate from ``a`` to ``b`` (..., 4) along the shorter arc, ``t`` in 0..1."""
    t = np.asarray(t)[..., None]
    dot = np.sum(a * b, axis=-1, keepdims=True)
    b = np.where(dot < 0, -b, b)
    angle = np.arccos(np.clip(np.abs(dot), 0.0, 1.0))
    sine = np.sin(angle)
    near = sine < 1e-5
    safe = np.where(near, 1.0, sine)
    wa = np.where(near, 1.0 - t, np.sin((1.0 - t) * angle) / safe)
    wb = np.where(near, t, np.sin(t * angle) / safe)
    return normalize(wa * a + wb * b)


def unroll(q: Array, axis: int = 0) -> Array:
    """Flip signs so that neighbors along ``axis`` lie on the same half-sphere."""
    q = np.moveaxis(np.array(q), axis, 0)
    dots = np.sum(q[1:] * q[:-1], axis=-1, keepdims=True)
    signs = np.cumprod(np.where(dots < 0, -1.0, 1.0), axis=0).astype(q.dtype)
    q[1:] *= signs
    return np.moveaxis(q, 0, axis)


def from_euler(angles: Array, order: str = "ZYX") -> Array:
    """Return rotations of intrinsic Euler angles (..., 3) in radians, listed in ``order``.

    One or two axes are allowed, such as the single axis of a hinge.
    """
    axes = np.eye(3, dtype=np.asarray(angles).dtype)
    q = from_axis_angle(axes[_AXES[order[0]]], angles[..., 0])
    for i in range(1, len(order)):
        q = mul(q, from_axis_angle(axes[_AXES[order[i]]], angles[..., i]))
    return q


def to_euler(q: Array, order: str = "ZYX") -> Array:
    """Return intrinsic Tait-Bryan angles (..., 3) in radians for a three-axis ``order``."""
    i, j, k = (_AXES[c] for c in order)
    if len({i, j, k}) != 3:
        raise ValueError(f"Euler order {order} must name three different axes")
    sign = 1.0 if (i, j, k) in ((0, 1, 2), (1, 2, 0), (2, 0, 1)) else -1.0
    w, x, y, z = q[..., 0], q[..., 1 + i], sign * q[..., 1 + j], q[..., 1 + k]
    # Half the sum and half the difference of the outer angles. At gimbal lock one of them is still
    # well defined, and it is enough; the entries of a matrix are not.
    half_sum, half_difference = np.arctan2(x + z, w + y), np.arctan2(x - z, w - y)
    middle = 2.0 * np.arctan2(np.hypot(w + y, x + z), np.hypot(w - y, x - z)) - 0.5 * np.pi
    outer = np.stack([half_sum + half_difference, half_sum - half_difference])
    first, last = (outer + np.pi) % (2.0 * np.pi) - np.pi
    return np.stack([first, sign * middle, last], axis=-1)
