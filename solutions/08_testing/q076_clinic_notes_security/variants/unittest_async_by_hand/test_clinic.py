"""unittest and an async client; tokens without PyJWT, written out by hand."""

import base64
import hashlib
import hmac
import json
import time
import unittest

import app as clinic
import httpx


def part(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(sub="lin", secret=None, **changes):
    claims = {"sub": sub, "aud": clinic.AUDIENCE, "exp": int(time.time() + 99)} | changes
    signed = part({"typ": "JWT", "alg": clinic.ALGORITHM}) + b"." + part(claims)
    key = (secret or clinic.SECRET).encode()
    return (signed + b"." + part(hmac.digest(key, signed, hashlib.sha256))).decode()


class ClinicTest(unittest.IsolatedAsyncioTestCase):
    async def ask(self, method, path, token=None, **more):
        headers = {"Authorization": "Bearer " + token} if token else {}
        transport = httpx.ASGITransport(clinic.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://clinic") as client:
            return await client.request(method, path, headers=headers, **more)

    async def write(self, patient, by="lin"):
        return await self.ask("POST", "/notes", token(by), json={"patient": patient, "text": "t"})

    async def test_notes(self):
        written = await self.write("pat")
        self.assertEqual(written.status_code, 201)
        path = f"/notes/{written.json()['id']}"
        for name, status in (("lin", 200), ("pat", 200), ("pia", 404)):
            with self.subTest(name=name):
                self.assertEqual((await self.ask("GET", path, token(name))).status_code, status)
        self.assertEqual((await self.write("pat", by="pat")).status_code, 403)

    async def test_locks(self):
        bad = {
            "none": None,
            "key": token(secret="0" * 40),
            "exp": token(exp=int(time.time()) - 5),
            "aud": token(aud="pharmacy"),
            "sub": token("gone"),
        }
        for name, one in bad.items():
            with self.subTest(name):
                answer = await self.ask("GET", "/notes/1", one)
                self.assertEqual(answer.status_code, 401)
                self.assertEqual(answer.headers["www-authenticate"], "Bearer")

    async def test_door(self):
        async def knock(name, password):
            answer = await self.ask("POST", "/token", data={"username": name, "password": password})
            return answer.status_code, answer.json()

        self.assertEqual((await knock("pat", "pat-pw"))[0], 200)
        wrong = await knock("pat", "pia-pw")
        self.assertEqual(wrong[0], 401)
        self.assertEqual(await knock("pit", "pit-pw"), wrong)
        self.assertEqual(await knock("gone", "gone-pw"), wrong)
