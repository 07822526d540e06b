"""A feature as a world: which tokens would have stayed had the model had more of it?

    python examples/python/feature.py                               # a difference of means, default model
    python examples/python/feature.py -m m.gguf --sae sae.npz --layer 12 --feature 4077 --scale 8

An SAE's file holds its decoder as "W_dec" [features, width]; the feature's row is added to the residual
stream after block `layer`. Without one the feature is the direction in which the states of pleased texts lie
from those of displeased ones, learned from examples/sentiment.
"""

import argparse
from pathlib import Path

import numpy as np

import otherwise as ow

SETS = Path(__file__).resolve().parents[1] / "sentiment"
PROMPTS = ["The food at the new place was", "My week at work has been", "My sister called and said that she"]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A feature as a world.")
    parser.add_argument("-m", "--model", help="a GGUF file; the default model")
    parser.add_argument("--sae", help='a .npz file with "W_dec" [features, width]')
    parser.add_argument("--layer", type=int, default=12)
    parser.add_argument("--feature", type=int, default=0)
    parser.add_argument("--scale", type=float, default=2.0)
    parser.add_argument("--tokens", type=int, default=12)
    return parser.parse_args()


def direction(arguments: argparse.Namespace, model: ow.Model) -> ow.ControlVector:
    """The feature, as an array and then as a vector by layer."""
    if arguments.sae:
        decoder = np.load(arguments.sae)["W_dec"]
        return ow.ControlVector({arguments.layer: decoder[arguments.feature]})
    fitted = ow.fit.direction(SETS / "positive.txt", SETS / "negative.txt", model=model, layers=arguments.layer,
                              limit=60, pool="mean")
    vector = fitted.vector
    assert isinstance(vector, ow.ControlVector)
    for layer in fitted.layers:
        if layer.accuracy is not None:
            print(f"layer {layer.layer} tells held-out texts apart with accuracy {layer.accuracy.value:.2f}")
    return vector


def main() -> None:
    arguments = parsed()
    model = ow.Model(arguments.model)
    feature = direction(arguments, model)
    print(feature)

    # No file: the vector goes into a world as it is.
    more = ow.World("more", ow.steer(feature, arguments.scale))
    laws = ow.law(model, PROMPTS, more, tokens=arguments.tokens)
    world = laws["more"]
    print(f"P(unchanged) {world.unchanged.value:.3f}, expected prefix {world.expected_lcp.value:.1f} tokens")

    # Arrays: the token that each string would most likely not have kept.
    for law in laws:
        if law.world == "more" and len(law.stay):
            t = int(law.stay.argmin())
            print(f"{law.string}: {''.join(law.pieces)!r}: {law.pieces[t]!r} stays with probability "
                  f"{law.stay[t]:.2f} (p {law.p[t]:.2f}, q {law.q[t]:.2f})")

    # Along the dose.
    doses = [0.0, arguments.scale / 2, arguments.scale]
    sweep = ow.law(model, PROMPTS, more, tokens=arguments.tokens,
                   sweep="steer.scale=" + ",".join(f"{dose:g}" for dose in doses))
    for dose, unchanged in zip(sweep.dose, sweep.unchanged):
        print(f"dose {dose:g}: P(unchanged) {unchanged:.3f}")


if __name__ == "__main__":
    main()
