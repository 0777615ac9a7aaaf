# SPDX-License-Identifier: GPL-3.0-or-later
"""Time one step of a shipped network against its peers, on one thread.

    python -m benchmarks.network [--model biped]

The peers are the same net in eager torch, which blends its four weight sets and applies them, and
one forward pass of a plain net of the same size, the lower limit. The inputs of the first layer
that a plan gives are computed for all frames at once; their share of that time is counted.
"""

import argparse
from collections.abc import Callable

import numpy as np

from benchmarks.one_core import best, restart_on_one_thread
from motion_addon.motion.controller import features
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.nn.network import Stepper, elu, phase_basis

FRAMES = 600


def step_of(model: str) -> tuple[dict[str, Callable[[], object]], Callable[[], object]]:
    """Return the numpy methods, and the preparation of `FRAMES` frames."""
    network = controller_model.load(model).network
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(1, len(network.input_mean))).astype(np.float32)
    split = features.CONTROL.stop
    stepper = Stepper(network, split)
    known = rng.normal(size=(FRAMES, 1, split)).astype(np.float32)
    prepared = stepper.prepare(known)[0]
    state, phase = inputs[:, split:], np.array([0.3])
    first = [(w[0], b[0]) for w, b in zip(network.weights, network.biases, strict=True)]
    plain = [(np.ascontiguousarray(weight.T), bias) for weight, bias in first]

    def step() -> object:
        return stepper.step(prepared, state, phase_basis(phase))

    def unblended() -> object:
        x = (inputs - network.input_mean) / network.input_scale
        for weight, bias in plain[:-1]:
            x = elu(x @ weight + bias)
        return (x @ plain[-1][0] + plain[-1][1]) * network.output_scale + network.output_mean

    contestants: dict[str, Callable[[], object]] = {"footfall": step, "unblended": unblended}
    return contestants, lambda: stepper.prepare(known)


def torch_of(model: str) -> Callable[[], object]:
    """Return one step of eager torch that blends the weights and applies them."""
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    network = controller_model.load(model).network
    weights = [torch.from_numpy(np.array(w)) for w in network.weights]
    biases = [torch.from_numpy(np.array(b)) for b in network.biases]
    scaling = [network.input_mean, network.input_scale, network.output_mean, network.output_scale]
    mean, scale, out_mean, out_scale = (torch.from_numpy(np.array(v)) for v in scaling)
    inputs = torch.randn(len(mean))
    phase = np.array(0.3)

    def step() -> object:
        basis = torch.from_numpy(phase_basis(phase))
        x = (inputs - mean) / scale
        for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            blended = torch.einsum("k,koi->oi", basis, weight)
            x = torch.mv(blended, x) + basis @ bias
            if i < 2:
                x = torch.nn.functional.elu(x)
        return x * out_scale + out_mean

    return step


def main() -> None:
    """Measure and print the times and both ratios."""
    restart_on_one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="biped")
    options = parser.parse_args()
    if controller_model.load(options.model).gate is not None:
        parser.error("a mixture of experts is timed by python -m benchmarks.mixture")
    contestants, prepare = step_of(options.model)
    contestants["torch"] = torch_of(options.model)
    found = best(contestants)
    beforehand = best({"prepare": prepare}, rounds=9, calls=1)["prepare"] / FRAMES
    ours = found["footfall"] + beforehand
    print(f"one step          {1e6 * ours:7.1f} us (of it {1e6 * beforehand:.1f} us beforehand)")
    print(
        f"eager torch       {1e6 * found['torch']:7.1f} us  {found['torch'] / ours:.1f} times ours"
    )
    ratio = ours / found["unblended"]
    print(f"one unblended pass{1e6 * found['unblended']:7.1f} us  we take {ratio:.1f} times that")
    met = found["torch"] / ours >= 2.0 and ratio <= 4.0
    print("targets (2 times faster than torch, at most 4 passes):", "met" if met else "missed")


if __name__ == "__main__":
    main()
