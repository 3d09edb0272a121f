"""A label printer on the network. Given: do not change."""

import asyncio
import itertools
import json


class PrinterError(Exception):
    """The printer refused the label, or the line is dead."""


class Printer:
    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future] = {}
        self.connected = True
        self._listener = asyncio.create_task(self._listen())

    @classmethod
    async def connect(cls, address: str) -> "Printer":
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        printer = cls(reader, writer)
        printer._send({"op": "hello"})
        return printer

    def _send(self, message: dict) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _listen(self) -> None:
        try:
            while line := await self._reader.readline():
                answer = json.loads(line)
                future = self._waiting.pop(answer["id"], None)
                if future and not future.done():
                    future.set_result(answer["ok"])
        except OSError:
            pass
        finally:
            self.connected = False
            for future in self._waiting.values():
                if not future.done():
                    future.set_result(False)

    async def print(self, text: str) -> None:
        if not self.connected:
            raise PrinterError("printer is offline")
        number = next(self._ids)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._send({"op": "print", "id": number, "text": text})
        if not await future:
            raise PrinterError(f"printer refused {text!r}")

    async def close(self) -> None:
        if self.connected:
            self._send({"op": "bye"})
            await self._writer.drain()
        self._listener.cancel()
        self.connected = False
        self._writer.close()
