"""Sees which modules run: global hooks that look at a module's identity and leave nothing in it.

Copies, pickles and exceptions of a watched model are as without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as hooks
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils.hooks import RemovableHandle

from ...models.cells import Cell
from .kernel_calls import KernelCalls
from .ran import TORCHS_OWN, Part, Ran, ran_cell, ran_layer, ran_step

Keep = Callable[[str, Callable[[], list[Ran]]], None]
"""Told the name of a module that has run, and how to read what it was given and gave back."""


class Observer:
    """While active, tells `keep` of every call of some modules, by their names."""

    def __init__(self, modules: Mapping[str, nn.Module], steps: Mapping[str, Part], keep: Keep) -> None:
        """Look at modules by name; of those in `steps` a part of the result is the state."""
        self._names = {id(module): name for name, module in modules.items()}
        self._modules, self._steps, self._keep = modules, steps, keep  # which keeps the identities theirs
        self._handles: list[RemovableHandle] = []
        self._within: list[tuple[int, KernelCalls]] = []

    def start(self) -> None:
        """Begin to look."""
        self._handles = [register_module_forward_hook(self._after, with_kwargs=True, always_call=True)]
        if not all(_runs_torchs_own(module) for module in self._modules.values() if isinstance(module, nn.RNNBase)):
            self._handles.append(register_module_forward_pre_hook(self._before))

    def stop(self) -> None:
        """Look no more; whatever a module that was torn off has left is tidied up."""
        for handle in self._handles:
            handle.remove()
            hooks._global_forward_hooks_with_kwargs.pop(handle.id, None)  # which torch leaves behind
        while self._within:
            self._within.pop()[1].__exit__(None, None, None)

    def _before(self, module: nn.Module, args: Any) -> None:
        if torch.compiler.is_compiling() or id(module) not in self._names:
            return
        if isinstance(module, nn.RNNBase) and not _runs_torchs_own(module) and not torch.jit.is_tracing():
            calls = KernelCalls()
            calls.__enter__()
            self._within.append((id(module), calls))

    def _after(self, module: nn.Module, args: Any, *rest: Any) -> None:
        """Hear of a module that has run. Torch leaves out its keyword arguments where it raised."""
        if torch.compiler.is_compiling():
            return
        name = self._names.get(id(module))
        if name is None:
            return
        within = self._leave(module)
        if len(rest) == 2 and rest[1] is not None:
            kwargs, result = rest
            if name in self._steps:
                self._keep(name, lambda: [ran_step(name, self._steps[name], args, kwargs, result)])
            else:
                self._keep(name, lambda: _ran(module, args, kwargs, result, within))

    def _leave(self, module: nn.Module) -> KernelCalls | None:
        if not self._within or self._within[-1][0] != id(module):
            return None
        calls = self._within.pop()[1]
        calls.__exit__(None, None, None)
        return calls


def _runs_torchs_own(layer: nn.RNNBase) -> bool:
    return getattr(layer.forward, "__func__", None) in TORCHS_OWN


def _ran(module: nn.Module, args: Any, kwargs: Any, result: Any, within: KernelCalls | None) -> list[Ran]:
    if within is not None:
        return within.ran
    if isinstance(module, nn.RNNBase):
        return [ran_layer(module, args, kwargs, result)]
    assert isinstance(module, nn.RNNCellBase | Cell)  # the kinds that are watched
    return [ran_cell(module, args, kwargs, result)]
