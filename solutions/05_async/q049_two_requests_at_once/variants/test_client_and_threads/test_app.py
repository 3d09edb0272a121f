"""No async at all: threads around one TestClient, whose app has one loop in a thread of its own."""

import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor, wait

from app import create_app
from fastapi.testclient import TestClient


class OfficeTest(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(TestClient(create_app()))
        self.pool = self.enterContext(ThreadPoolExecutor(8))

    def hold(self, seat, customer="Ada"):
        return self.client.post(f"/seats/{seat}/hold", json={"customer": customer})

    def test_one_after_the_other(self):
        self.assertEqual(self.hold("B1").json(), {"seat": "B1", "customer": "Ada"})
        self.assertEqual(self.hold("B1", "Bob").status_code, 409)
        self.assertEqual(self.client.get("/seats/B1").json()["customer"], "Ada")
        self.assertEqual(self.client.delete("/seats/B1/hold").status_code, 204)
        self.assertEqual(self.client.delete("/seats/B1/hold").status_code, 404)
        self.assertIsNone(self.client.get("/seats/B1").json()["customer"])
        for answer in (self.client.get("/seats/nowhere"), self.hold("nowhere")):
            self.assertEqual(answer.status_code, 404)

    def test_two_at_once(self):
        barrier = threading.Barrier(4)

        def customer(name):
            barrier.wait(5)
            return self.hold("A1", name).status_code

        codes = list(self.pool.map(customer, ["a", "b", "c", "d"]))
        self.assertEqual(codes.count(201), 1, codes)
        self.assertEqual(codes.count(409), 3, codes)

    def test_waiting(self):
        self.hold("A1")
        self.hold("B2")
        answers = [self.pool.submit(self.client.get, "/seats/A1/freed?wait=1.5") for _ in range(3)]
        self.assertFalse(wait(answers, 0.1).done)
        self.client.delete("/seats/B2/hold")
        self.assertFalse(wait(answers, 0.1).done)
        self.client.delete("/seats/A1/hold")
        for answer in answers:
            self.assertEqual(answer.result(5).status_code, 200)

    def test_no_waiting(self):
        self.assertEqual(self.client.get("/seats/A2/freed?wait=1").status_code, 200)
        self.hold("A2")
        before = time.monotonic()
        self.assertEqual(self.client.get("/seats/A2/freed?wait=0.2").status_code, 204)
        self.assertLess(time.monotonic() - before, 2)


def test_opening_hours():
    app = create_app()
    outside = TestClient(app)
    assert outside.get("/seats/B2").status_code == 503
    for _ in range(2):
        with TestClient(app) as client:
            assert client.post("/seats/B2/hold", json={"customer": "x"}).status_code == 201
        assert outside.get("/seats/B2").status_code == 503
