# SPDX-License-Identifier: GPL-3.0-or-later
"""Time one step of a mixture of experts by each method of mixing, on one thread.

    python -m benchmarks.mixture [--model quadruped] [--characters 1]

The same experts and the same gate are mixed by the four methods of
``motion_addon.motion.nn.mixture`` and compared with eager torch, which blends the weights and
applies them, and with one expert alone. All times but the last include the gate and a share of
the preparation. Without ``--model`` the weights are random.
"""

import argparse
import functools
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from benchmarks.one_core import best, restart_on_one_thread
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.controller import stride_clock
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.nn.mixture import MIXINGS, GateStepper, Step, stepper
from motion_addon.motion.nn.network import Gate, MixedNetwork, elu

FRAMES = 120
Layers = tuple[Array, Array, Array]
TARGET = 0.45
"""Most time of a step with two of eight experts, over one with all."""


def random_mixture(
    experts: int = 8, hidden: int = 256, outputs: int = 212
) -> tuple[MixedNetwork, Gate]:
    """Return a network and a gate of random weights."""
    rng = np.random.default_rng(0)

    def layers(a: int, b: int, c: int, d: int, *sets: int) -> tuple[Layers, Layers]:
        def drawn(fed: int, out: int) -> tuple[Array, Array]:
            weight = rng.normal(size=(*sets, out, fed)) / np.sqrt(fed)
            return weight.astype(np.float32), rng.normal(size=(*sets, out)).astype(np.float32)

        (w0, b0), (w1, b1), (w2, b2) = drawn(a, b), drawn(b, c), drawn(c, d)
        return (w0, w1, w2), (b0, b1, b2)

    inputs = stride_clock.INPUT.size
    unit = [np.full(n, v, dtype=np.float32) for n in (inputs, outputs) for v in (0.0, 1.0)]
    network = MixedNetwork(*layers(inputs, hidden, hidden, outputs, experts), *unit)
    return network, Gate(*layers(stride_clock.gate_size("phase"), 32, 32, experts))


Calls = dict[str, Callable[[], object]]


def one_step(step: Step, gate: GateStepper, inputs: Array) -> Callable[[], object]:
    """Return a step for inputs (N, I), the gate's included."""
    control = stride_clock.INPUT.control.stop
    prepared = step.prepare(inputs[:, :control])
    gated = gate.prepare(inputs[:, list(stride_clock.GATE_COLUMNS)])
    state, clock = inputs[:, control:], inputs[:, stride_clock.INPUT.clock]
    return lambda: step.step(prepared, state, gate(clock, gated))


def steps_of(network: MixedNetwork, gate: Gate, characters: int) -> tuple[Calls, Calls]:
    """Return the numpy methods, and the preparation of each for `FRAMES` frames."""
    rng = np.random.default_rng(1)
    control = stride_clock.INPUT.control.stop
    inputs = rng.normal(size=(characters, stride_clock.INPUT.size)).astype(np.float32)
    known = np.repeat(inputs[None, :, :control], FRAMES, axis=0)
    contestants: Calls = {}
    preparations: Calls = {}
    for mixing in MIXINGS:
        active = 2 if mixing.startswith("top2") else 0
        shares_of = GateStepper(
            replace(gate, active=active),
            len(stride_clock.GATE_COLUMNS),
            characters,
            np.ones((1, 1)),
        )
        step = stepper(network, mixing, active, control, characters)
        contestants[mixing] = one_step(step, shares_of, inputs)
        preparations[mixing] = functools.partial(step.prepare, known)
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


def torch_step(network: MixedNetwork, gate: Gate) -> Callable[[], object]:
    """Return one step of one character in eager torch: weights blended, then applied."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)

    def tensors(arrays: Iterable[Array]) -> list[torch.Tensor]:
        return [torch.from_numpy(np.array(a)) for a in arrays]

    weights, biases = tensors(network.weights), tensors(network.biases)
    gate_layers = list(zip(tensors(gate.weights), tensors(gate.biases), strict=True))
    scaling = [network.input_mean, network.input_scale, network.output_mean, network.output_scale]
    mean, scale, out_mean, out_scale = tensors(scaling)
    inputs = torch.randn(len(mean))
    seen = torch.tensor(
        [
            *range(stride_clock.INPUT.clock.start, stride_clock.INPUT.clock.stop),
            *stride_clock.GATE_COLUMNS,
        ]
    )

    def step() -> object:
        x = inputs[seen]
        for i, (weight, bias) in enumerate(gate_layers):
            x = torch.addmv(bias, weight, x)
            x = functional.elu(x) if i < 2 else x
        shares = torch.softmax(x, dim=0)
        x = (inputs - mean) / scale
        for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            blended = torch.einsum("k,koi->oi", shares, weight)
            x = torch.mv(blended, x) + shares @ bias
            x = functional.elu(x) if i < 2 else x
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
        model = controller_model.load(options.model)
        network, gate = model.network, model.gate
        if gate is None:
            parser.error(f"{options.model} has no experts; python -m benchmarks.network times it")
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
