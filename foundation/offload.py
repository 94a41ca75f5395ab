"""Work that would hold up every other request (password hashes, pictures) goes to a real thread under gevent."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import gevent
from gevent import monkey

P = ParamSpec("P")
T = TypeVar("T")


def offload(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do `work` and return its result or raise its exception; other greenlets run meanwhile.

    In a process without gevent it is a plain call. `work` gets plain values: no rows, no request, no database in there.
    """
    if not monkey.is_module_patched("threading"):
        return work(*args, **kwargs)
    result: T = gevent.get_hub().threadpool.apply(work, args, kwargs)
    return result
