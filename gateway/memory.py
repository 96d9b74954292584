"""How the C library keeps memory for this process, and giving back what it keeps for later.

Threads that fill and drop large lists leave holes, and large bodies that are asked for from the system each time cost
more than what is done with them.
"""

from __future__ import annotations

import ctypes

# glibc's names of its wishes, and what is wished.
ARENA_MAX, ARENAS = -8, 2  # heaps that threads share
MMAP_THRESHOLD, TRIM_THRESHOLD, KEPT = -3, -1, 32 * 2**20  # bytes that stay on a heap until they are given back
library = ctypes.CDLL(None)


def keep() -> None:
    """Let threads that are started from now on share two heaps, and large bodies take the place of earlier ones.

    Nothing happens where the C library has no such wishes.
    """
    if hasattr(library, "mallopt"):
        library.mallopt(ARENA_MAX, ARENAS)
        library.mallopt(MMAP_THRESHOLD, KEPT)
        library.mallopt(TRIM_THRESHOLD, KEPT)


def give_back() -> None:
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
