"""What is recorded of the device that a network ran on. No GPU is needed: TensorFlow is asked as it would be with one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gitjournal.worker.models import keras_library


def tensorflow(gpus: list[str], details: dict[str, str]) -> Any:
    config = SimpleNamespace(
        list_physical_devices=lambda kind: gpus if kind == "GPU" else ["cpu"],
        experimental=SimpleNamespace(get_device_details=lambda gpu: details),
    )
    return SimpleNamespace(config=config)


@pytest.mark.parametrize(
    ("gpus", "details", "device"),
    [
        ([], {}, "CPU"),
        (["gpu:0"], {"device_name": "NVIDIA H200", "compute_capability": "9.0"}, "NVIDIA H200"),
        (["gpu:0"], {}, "GPU"),
        (["gpu:0", "gpu:1"], {"device_name": "NVIDIA A100"}, "NVIDIA A100"),
    ],
)
def test_the_record_says_which_device_and_which_switches(
    monkeypatch: pytest.MonkeyPatch, gpus: list[str], details: dict[str, str], device: str
) -> None:
    monkeypatch.setattr(keras_library, "load_tensorflow", lambda: tensorflow(gpus, details))
    assert keras_library.conditions() == {"device": device, "onednn": "off", "op_determinism": "on"}


def test_a_gpu_without_room_is_out_of_memory() -> None:
    fault = type("ResourceExhaustedError", (Exception,), {})
    error = fault("OOM when allocating tensor with shape[64,512,512,3] and type float on GPU:0 by allocator GPU_0_bfc")
    assert keras_library.out_of_memory(error)
    assert keras_library.too_large(error) == "needs an array of 64 x 512 x 512 x 3 (float)"
    assert keras_library.too_large(fault("SameWorkerRecvDone unable to allocate")) == "needs more than there is"
