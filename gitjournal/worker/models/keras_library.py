"""The one place that imports Keras and TensorFlow, and what is set so that numbers are the same everywhere."""

from __future__ import annotations

import importlib
import os
import re
import warnings
from functools import cache
from typing import Any

from gitjournal.worker.models.sklearn_models import ParameterError
from gitjournal.worker.process import wanted_threads


@cache
def load() -> Any:
    """Import Keras: the one place. Numbers do not depend on the person's own settings, nor on how many threads there are.

    Raises ParameterError where it is not installed.
    """
    settings = {"KERAS_BACKEND": "tensorflow", "KERAS_HOME": os.devnull, "TF_ENABLE_ONEDNN_OPTS": "0", "TF_CPP_MIN_LOG_LEVEL": "3"}
    os.environ.update(settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tensorflow = importlib.import_module("tensorflow")
            keras = importlib.import_module("keras")
        except ImportError as fault:
            raise ParameterError(f"a network needs Keras: {fault}; pip install 'gitjournal[keras]'", []) from None
        tensorflow.config.threading.set_intra_op_parallelism_threads(wanted_threads())
        tensorflow.config.threading.set_inter_op_parallelism_threads(wanted_threads())
        tensorflow.config.experimental.enable_op_determinism()
        for gpu in tensorflow.config.list_physical_devices("GPU"):
            tensorflow.config.experimental.set_memory_growth(gpu, True)
    return keras


def load_tensorflow() -> Any:
    """Return what Keras computes with."""
    load()
    return importlib.import_module("tensorflow")


@cache
def warm_up() -> None:
    """Have TensorFlow start its threads, which take address space of their own and are no run's to pay for."""
    keras, tensorflow = load(), load_tensorflow()
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse", jit_compile=False)
    rows = tensorflow.data.Dataset.from_tensor_slices(([[0.0]], [[0.0]])).batch(1).prefetch(1)
    model.fit(rows, verbose=0)
    model.predict(rows, verbose=0)


def conditions() -> dict[str, str]:
    """Return what numbers depend on besides versions and threads: the device, and the switches that were set."""
    tensorflow = load_tensorflow()
    gpus = tensorflow.config.list_physical_devices("GPU")
    device = str(tensorflow.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU")) if gpus else "CPU"
    return {"device": device, "onednn": "off", "op_determinism": "on"}


def out_of_memory(fault: BaseException) -> bool:
    """Whether this is TensorFlow's own way to say that there is no memory left, of the machine or of a GPU."""
    return type(fault).__name__ == "ResourceExhaustedError"


def too_large(fault: BaseException) -> str:
    """Return what did not fit, as far as TensorFlow tells."""
    match = re.search(r"allocating tensor with shape\[([\d,]+)\] and type (\w+)", str(fault))
    return f"needs an array of {match[1].replace(',', ' x ')} ({match[2]})" if match else "needs more than there is"
