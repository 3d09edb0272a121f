"""unittest: one case in a subtest each, the client made in setUp."""

import unittest

from app import app
from fastapi.testclient import TestClient

PRICES = {500: ("S", 350), 501: ("M", 590), 1999: ("M", 590), 2000: ("M", 590), 2001: ("L", 1290), 30_000: ("L", 1290)}


class QuoteTest(unittest.TestCase):
    def setUp(self):
        self.client = TestClient(app)

    def quote(self, **params):
        return self.client.get("/quote", params=params)

    def test_prices(self):
        for weight, (band, cents) in PRICES.items():
            for abroad in (False, True):
                for express in (False, True):
                    with self.subTest(weight=weight, abroad=abroad, express=express):
                        answer = self.quote(weight_g=weight, zone="abroad" if abroad else "home", express=express)
                        self.assertEqual(answer.status_code, 200)
                        expected = cents * (2 if abroad else 1) + (400 if express else 0)
                        self.assertEqual(answer.json(), {"band": band, "price_cents": expected})

    def test_refusals(self):
        for weight in (0, 30_001):
            with self.subTest(weight=weight):
                self.assertEqual(self.quote(weight_g=weight).status_code, 422)
        self.assertEqual(self.quote(weight_g=1).status_code, 200)
