"""The state of a trained network: plain arrays by layer, and back. No configuration is kept, and none is read.

Layers have the numbers of `networks.graph`, so the arrays of a network fit every declaration of it. Text stands as the bytes of a
JSON list: an array of it would take the longest word for each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from gitjournal.data.raw import Array
from gitjournal.errors import DataError
from gitjournal.procedure.networks.graph import WiredLayer

_WORDS, _IDF, _BINS = "vocabulary", "idf_weights", "bin_boundaries"


def network_arrays(layers: Mapping[int, Any]) -> dict[str, Array]:
    """Return what trained layers hold, as ``layer_3.0``, ``layer_3.1`` for weights and ``layer_0.vocabulary`` for the rest."""
    return {f"layer_{number}.{name}": array for number, layer in layers.items() for name, array in _arrays_inside(layer).items()}


def layer_arrays(arrays: Mapping[str, Array], number: int) -> dict[str, Array]:
    """Return what belongs to one layer, by the name inside it."""
    prefix = f"layer_{number}."
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _arrays_inside(layer: Any) -> dict[str, Array]:
    # bfloat16 is no type of numpy's own; float32 holds each of its numbers
    weights = [array.astype(np.float32) if array.dtype.kind == "V" else array for array in layer.get_weights()]
    arrays = {str(place): array for place, array in enumerate(weights)}
    if hasattr(layer, "get_vocabulary"):
        words = [word if isinstance(word, str) else int(word) for word in layer.get_vocabulary(include_special_tokens=False)]
        arrays[_WORDS] = np.frombuffer(json.dumps(words).encode(), dtype=np.uint8)
        inverse: dict[str, Any] = {}
        layer.save_own_variables(inverse)
        arrays |= {name: np.asarray(array) for name, array in inverse.items() if name == _IDF}
    if getattr(layer, _BINS, None) is not None:
        arrays[_BINS] = np.asarray(layer.bin_boundaries, dtype=np.float64)
    return arrays


def put_vocabulary(layer: Any, arrays: Mapping[str, Array]) -> None:
    """Give a layer what its shape depends on, before it is wired up, instead of adapting it."""
    if _BINS in arrays:
        layer.bin_boundaries = arrays[_BINS].tolist()
    if _WORDS in arrays:
        words = json.loads(arrays[_WORDS].tobytes())
        # whoever computed them again would round otherwise, so they are put in as they were; the first ones are for their number
        layer.set_vocabulary(words, **({_IDF: [1.0] * len(words)} if _IDF in arrays else {}))
        layer.load_own_variables({name: array for name, array in arrays.items() if name == _IDF})


def put_weights(layer: Any, arrays: Mapping[str, Array], wired: WiredLayer) -> None:
    """Give a layer that is wired up its weights. Raises DataError where they are not those of the declared layer."""
    weights = [arrays[name] for name in sorted(filter(str.isdigit, arrays), key=int)]
    wanted = [tuple(weight.shape) for weight in layer.weights]
    if [weight.shape for weight in weights] != wanted:
        raise DataError(f"what is kept does not fit layer `{wired.name}`: it needs weights of the shapes {wanted}")
    layer.set_weights(weights)
    if hasattr(layer, "finalize_state") and weights:  # a Normalization computes with what it derives from its weights
        layer.finalize_state()
