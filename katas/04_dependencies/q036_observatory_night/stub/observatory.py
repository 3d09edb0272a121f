from collections.abc import Callable, Iterator


class CameraFault(Exception):
    """The camera failed: at power_on, expose or keep."""


class Dome:
    def open(self) -> None:
        log.append("dome open")

    def close(self) -> None:
        log.append("dome closed")


class Camera:
    def __init__(self) -> None:
        self.is_on = False

    def power_on(self) -> None:
        _power()
        self.is_on = True
        log.append("camera on")

    def expose(self, seconds: int) -> int:
        self._must_be_on()
        log.append("exposed")
        return _sky(seconds)

    def keep(self) -> None:
        self._must_be_on()
        _disk()
        log.append("kept")

    def discard(self) -> None:
        self._must_be_on()
        log.append("discarded")

    def power_off(self) -> None:
        self._must_be_on()
        self.is_on = False
        log.append("camera off")

    def _must_be_on(self) -> None:
        if not self.is_on:
            raise RuntimeError("the camera is off")


class Frame:
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self.closed = chunks, False
        log.append("frame open")

    def read(self) -> bytes:
        """The next chunk, b"" after the last."""
        if self.closed:
            raise ValueError("read of a closed frame")
        return next(self._chunks, b"")

    def close(self) -> None:
        self.closed = True
        log.append("frame closed")


def open_frame(number: int) -> Frame:
    """Raises KeyError if there is no such frame."""
    return Frame(iter(_frames[number]))


log: list[str] = []
dome, camera = Dome(), Camera()
_frames: dict[int, list[bytes]] = {1: [b"SIMPLE  =", b" T"]}
_sky: Callable[[int], int] = lambda seconds: 1200 * seconds
_power: Callable[[], None] = lambda: None
_disk: Callable[[], None] = lambda: None
