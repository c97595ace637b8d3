"""Build every network and print the tables of docs/networks.md.

Usage: python scripts/describe_networks.py
"""

from notebook_seg.training.networks import (
    NO_ENCODER,
    build_network,
    describe_architectures,
    describe_encoders,
)

ENCODER = "mobilenetv2"


def millions(architecture: str, encoder: str) -> str:
    """Return the parameters of a network for two classes."""
    return f"{build_network(architecture, encoder, n_classes=2).count_params() / 1e6:.1f}"


def main() -> None:
    """Print both tables."""
    print(f"| Architecture | What it is | Millions of parameters with {ENCODER} |\n|---|---|--:|")
    for name, description, has_own_encoder in describe_architectures():
        encoder = NO_ENCODER if has_own_encoder else ENCODER
        print(f"| `{name}` | {description} | {millions(name, encoder)} |")
    print("\n| Encoder | Millions of parameters | |\n|---|--:|---|")
    for name, parameters, status in describe_encoders():
        print(f"| `{name}` | {'' if parameters is None else parameters} | {status} |")


if __name__ == "__main__":
    main()
