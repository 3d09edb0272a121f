"""The two hotels."""

import secrets

import httpx
from hotel import HotelDown, SoldOut, UnknownHold


class HttpHotel:
    def __init__(self, client):
        self._client = client

    def hold(self, guest, nights):
        try:
            response = self._client.post("holds", json={"guest": guest, "nights": nights})
            if response.status_code == 409:
                raise SoldOut
            if response.status_code == 201 and isinstance(reference := response.json()["reference"], str):
                return reference
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
            raise HotelDown from error
        raise HotelDown

    def release(self, reference):
        try:
            response = self._client.delete(f"holds/{reference}")
        except httpx.HTTPError as error:
            raise HotelDown from error
        if response.status_code == 404:
            raise UnknownHold
        if response.status_code != 204:
            raise HotelDown


class FakeHotel:
    def __init__(self, rooms):
        self.rooms, self.down, self.holds = rooms, False, {}

    def hold(self, guest, nights):
        if self.down:
            raise HotelDown
        if len(self.holds) == self.rooms:
            raise SoldOut
        self.holds[reference := secrets.token_urlsafe(12)] = guest
        return reference

    def release(self, reference):
        if self.down:
            raise HotelDown
        try:
            del self.holds[reference]
        except KeyError:
            raise UnknownHold from None
