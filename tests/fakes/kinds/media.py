"""Small real sounds and pictures, made of nothing but arithmetic."""

from __future__ import annotations

import base64
import io
import math
import struct
import wave
import zlib

RATE = 24_000  # samples a second, 16 bits, one channel: what OpenAI and Gemini call pcm
TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "pcm": "audio/pcm",
}
BEGINNINGS = {"opus": b"OggS", "aac": b"\xff\xf1", "flac": b"fLaC"}  # no more than that: nobody plays these here


def audio(format: str, text: str) -> bytes:
    """A tone of a twentieth of a second for each word."""
    words = max(len(text.split()), 1)
    match format:
        case "pcm":
            return tone(words / 20)
        case "wav":
            return wav(tone(words / 20))
        case "mp3":
            return silent_mp3_frame() * 2 * words
    return BEGINNINGS[format] + text.encode()


def tone(seconds: float) -> bytes:
    samples = (int(8_000 * math.sin(2 * math.pi * 440 * n / RATE)) for n in range(int(seconds * RATE)))
    return b"".join(struct.pack("<h", sample) for sample in samples)


def wav(pcm: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(pcm)
    return file.getvalue()


def silent_mp3_frame() -> bytes:
    """26 ms at 44.1 kHz, one channel, 128 kbit a second."""
    return b"\xff\xfb\x90\xc4".ljust(417, b"\0")


def png(prompt: str, width: int = 8, height: int = 8) -> bytes:
    """One colour, made of the prompt."""
    colour = zlib.crc32(prompt.encode()).to_bytes(4, "big")[:3]
    rows = (b"\0" + colour * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in parts)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
