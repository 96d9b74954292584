"""One file of the spool. Whoever holds its lock owns it; the kernel frees the lock when the owner ends, however."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from pathlib import Path

SUFFIX = ".jsonl"
CHUNK = 256 * 1024  # bytes read at once


class Segment:
    """Records, one JSON line each. Appended to by its owner, read once it is closed, then deleted."""

    __slots__ = ("begun", "fd", "offset", "path", "size")

    def __init__(self, path: Path, fd: int, size: int, begun: float) -> None:
        self.path = path
        self.fd = fd
        self.size = size
        self.offset = 0  # what stands before it is in the database
        self.begun = begun  # seconds since 1970; no record in it is older

    @classmethod
    def create(cls, folder: Path) -> Segment:
        """A new one, ours. Raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            path = folder / f"{os.getpid()}-{secrets.token_hex(8)}{SUFFIX}"
            fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            if owned(fd):
                return cls(path, fd, 0, time.time())
            os.close(fd)  # another process took it for one whose owner is gone, between our two calls

    @classmethod
    def adopt(cls, path: Path) -> Segment | None:
        """One whose owner is gone, now ours; None if its owner lives or another adopted it. Raises OSError."""
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if not owned(fd):
            os.close(fd)
            return None
        found = os.fstat(fd)
        return cls(path, fd, found.st_size, found.st_mtime)

    def append(self, line: bytes) -> None:
        """All of the line or nothing of it. Raises OSError."""
        written = os.write(self.fd, line)
        if written != len(line):
            os.ftruncate(self.fd, self.size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if not self.size:
            self.begun = time.time()
        self.size += written

    def read(self, most: int) -> tuple[list[bytes], int]:
        """The next lines and the offset after them. Only the last line of all may be torn, and is given as it is."""
        chunk = CHUNK
        while True:
            data = os.pread(self.fd, chunk, self.offset)
            end = data.rfind(b"\n") + 1
            if end or len(data) < chunk:
                break
            chunk *= 2
        lines = (data[: end - 1] if end else data).split(b"\n", most)[:most]
        length = sum(map(len, lines)) + len(lines)
        return [line for line in lines if line], min(self.offset + length, self.size)

    def delete(self) -> None:
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Leave it to whoever comes next."""
        os.close(self.fd)


def owned(fd: int) -> bool:
    """Whether the lock could be taken, of a file that still has a name."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(fd).st_nlink > 0
