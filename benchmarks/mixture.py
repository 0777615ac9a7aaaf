# SPDX-License-Identifier: GPL-3.0-or-later
"""Time one step of a mixture of experts in each way of mixing, on one thread.

    python -m benchmarks.mixture [--model quadruped] [--characters 1]

The same experts and the same gate, mixed in the four ways of ``motion_addon.motion.mixture``,
against eager torch that blends the weights and applies them, and against one expert alone. But
for the latter, the gate's time is in all of them, and so is the share of what is multiplied
beforehand. Without ``--model`` the weights are random.
"""

import argparse
import itertools
from collections.abc import Callable

import numpy as np

from benchmarks.one_core import best, restart_on_one_thread

FRAMES = 120
TARGET = 0.45
"""Most time of a step with two of eight experts, over one with all."""


def random_mixture(experts: int = 8, hidden: int = 256, outputs: int = 212):  # type: ignore[no-untyped-def]
    """Return a network and a gate of random weights."""
    from motion_addon.motion import stride
    from motion_addon.motion.network import Gate, MixedNetwork

    rng = np.random.default_rng(0)

    def layers(sizes: tuple[int, ...], *sets: int):  # type: ignore[no-untyped-def]
        pairs = list(itertools.pairwise(sizes))
        weights = (rng.normal(size=(*sets, b, a)) / np.sqrt(a) for a, b in pairs)
        biases = (rng.normal(size=(*sets, b)) for _, b in pairs)
        return tuple(tuple(v.astype(np.float32) for v in part) for part in (weights, biases))

    inputs = stride.INPUT.size
    unit = [np.full(n, v, dtype=np.float32) for n in (inputs, outputs) for v in (0.0, 1.0)]
    network = MixedNetwork(*layers((inputs, hidden, hidden, outputs), experts), *unit)
    return network, Gate(*layers((stride.gate_size("phase"), 32, 32, experts)))


def steps_of(network, gate, characters: int):  # type: ignore[no-untyped-def]
    """Return the contestants in numpy, and what each prepares for `FRAMES` frames."""
    from dataclasses import replace

    from motion_addon.motion import stride
    from motion_addon.motion.mixture import MIXINGS, GateStepper, stepper
    from motion_addon.motion.network import elu

    rng = np.random.default_rng(1)
    control = stride.INPUT.control.stop
    inputs = rng.normal(size=(characters, stride.INPUT.size)).astype(np.float32)
    known = np.repeat(inputs[None, :, :control], FRAMES, axis=0)
    state, clock = inputs[:, control:], inputs[:, stride.INPUT.clock]
    contestants: dict[str, Callable[[], object]] = {}
    preparations: dict[str, Callable[[], object]] = {}
    for mixing in MIXINGS:
        active = 2 if mixing.startswith("top2") else 0
        shares_of = GateStepper(
            replace(gate, active=active), len(stride.GATE_COLUMNS), characters, np.ones((1, 1))
        )
        step = stepper(network, mixing, active, control, characters)
        gated = shares_of.prepare(known[0][:, list(stride.GATE_COLUMNS)])
        prepared = step.prepare(known[0])

        def run(step=step, shares_of=shares_of, gated=gated, prepared=prepared):  # type: ignore[no-untyped-def]
            return step.step(prepared, state, shares_of(clock, gated))

        contestants[mixing] = run
        preparations[mixing] = lambda step=step: step.prepare(known)  # type: ignore[misc]
    alone = [
        (np.ascontiguousarray(w[0].T), b[0])
        for w, b in zip(network.weights, network.biases, strict=True)
    ]

    def unblended() -> object:
        x = (inputs - network.input_mean) / network.input_scale
        for weight, bias in alone[:-1]:
            x = elu(x @ weight + bias)
        return (x @ alone[-1][0] + alone[-1][1]) * network.output_scale + network.output_mean

    contestants["one expert"] = unblended
    return contestants, preparations


def torch_step(network, gate) -> Callable[[], object]:  # type: ignore[no-untyped-def]
    """Return one step of one character in eager torch: weights blended, then applied."""
    import torch
    from torch.nn.functional import elu

    from motion_addon.motion import stride

    torch.set_num_threads(1)

    def tensors(arrays):  # type: ignore[no-untyped-def]
        return [torch.from_numpy(np.array(a)) for a in arrays]

    weights, biases = tensors(network.weights), tensors(network.biases)
    gate_layers = list(zip(tensors(gate.weights), tensors(gate.biases), strict=True))
    scaling = [network.input_mean, network.input_scale, network.output_mean, network.output_scale]
    mean, scale, out_mean, out_scale = tensors(scaling)
    inputs = torch.randn(len(mean))
    seen = torch.tensor(
        [*range(stride.INPUT.clock.start, stride.INPUT.clock.stop), *stride.GATE_COLUMNS]
    )

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step() -> object:
        x = inputs[seen]
        for i, (weight, bias) in enumerate(gate_layers):
            x = torch.addmv(bias, weight, x)
            x = elu(x) if i < 2 else x
        shares = torch.softmax(x, dim=0)
        x = (inputs - mean) / scale
        for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            blended = torch.einsum("k,koi->oi", shares, weight)
            x = torch.mv(blended, x) + shares @ bias
            x = elu(x) if i < 2 else x
        return x * out_scale + out_mean

    return step


def main() -> None:
    """Measure and print the times and the ratios."""
    restart_on_one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a shipped model; random weights without it")
    parser.add_argument("--hidden", type=int, default=256, help="units of the random weights")
    parser.add_argument("--characters", type=int, default=1)
    options = parser.parse_args()
    if options.model:
        from motion_addon.motion import models

        model = models.load(options.model)
        network, gate = model.network, model.gate
    else:
        network, gate = random_mixture(hidden=options.hidden)
    contestants, preparations = steps_of(network, gate, options.characters)
    if options.characters == 1:
        contestants["eager torch, blend"] = torch_step(network, gate)
    found = best(contestants, rounds=100)
    beforehand = best(preparations, rounds=5, calls=1)
    sets, hidden = network.weights[0].shape[:2]
    print(f"{sets} experts of {hidden} hidden units, {options.characters} at once")
    for name in found:
        found[name] += beforehand.get(name, 0.0) / FRAMES
        print(
            f"{name:<20}{1e6 * found[name]:8.1f} us  {found[name] / found['blend']:5.2f} of blend"
        )
    ratio = found["top2_blend"] / found["blend"]
    print(f"target ({TARGET} of blend with two experts):", "met" if ratio <= TARGET else "missed")


if __name__ == "__main__":
    main()
