"""unittest, an override that raises itself, a test for each error."""

import unittest

from app import Fridge, app, get_fridge
from fastapi import HTTPException
from fastapi.testclient import TestClient


def order(group="O-", units=1, **more):
    return {"group": group, "units": units, "patient": "Mx Secret", **more}


class ErrorsTest(unittest.TestCase):
    def setUp(self):
        fridge = Fridge()
        self.use(lambda: fridge)
        self.addCleanup(app.dependency_overrides.clear)
        self.http = TestClient(app, raise_server_exceptions=False)

    def use(self, override):
        app.dependency_overrides[get_fridge] = override

    def use_broken(self, error):
        def broken():
            raise error

        self.use(broken)

    def send(self, body):
        response = self.http.post("/orders", json=body)
        return response.status_code, response.json()

    def test_shortage(self):
        self.assertEqual(self.send(order(units=1)), (201, {"group": "O-", "units": 1}))
        self.assertEqual(self.send(order(units=3)), (409, {"error": "shortage", "left": 2}))
        self.assertEqual(self.send(order(units=3)), (409, {"error": "shortage", "left": 2}))

    def test_invalid(self):
        for body, fields in ((order(units=-1, patient=None), ["patient", "units"]), (order(group=[]), ["group"])):
            response = self.http.post("/orders", json=body)
            self.assertEqual(response.status_code, 422)
            self.assertEqual(response.json(), {"error": "invalid", "fields": fields})
            self.assertNotIn("Secret", response.text)

    def test_not_found(self):
        response = self.http.get("/nowhere")
        self.assertEqual(response.status_code, 404)
        self.assertEqual(response.json(), {"error": "http", "status": 404})

    def test_teapot(self):
        self.use_broken(HTTPException(418, "a secret"))
        self.assertEqual(self.send(order()), (418, {"error": "http", "status": 418}))

    def test_bug(self):
        self.use_broken(ZeroDivisionError("secret"))
        incidents = []
        for _ in range(2):
            status, body = self.send(order())
            self.assertEqual(status, 500)
            incidents.append(body.pop("incident"))
            self.assertEqual(body, {"error": "internal"})
        self.assertNotEqual(*incidents)
