import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from app import app
from fastapi.testclient import TestClient


class Posters(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "count"
        variable = mock.patch.dict(os.environ, NEWCOMERS_FILE=str(self.file))
        variable.start()
        self.addCleanup(variable.stop)

    def visit(self, client, code, cookie=None):
        headers = {"Cookie": f"visitor={cookie}"} if cookie else {}
        return client.get(f"/p/{code}", headers=headers, follow_redirects=False)

    def stats(self, client, key="night-shift"):
        return client.get("/stats", headers={"x-staff-key": key})

    def test_redirects(self):
        with TestClient(app) as client:
            for code, hall in ("dino", "3"), ("owl", "7"):
                with self.subTest(code):
                    response = self.visit(client, code, "mia")
                    self.assertEqual(
                        (response.status_code, response.headers.get("Location")),
                        (307, "https://museum.example/hall/" + hall),
                    )

    def test_cookie_header(self):
        with TestClient(app) as client:
            response = self.visit(client, "dino", "mia")
            self.assertNotIn("Set-Cookie", response.headers)
            self.assertEqual(self.stats(client).json(), {"dino": 0, "owl": 0})

    def test_newcomer(self):
        with TestClient(app) as client:
            response = self.visit(client, "dino")
            self.assertTrue(response.headers["set-cookie"].startswith("visitor="))
            self.assertEqual(self.stats(client).json(), {"dino": 1, "owl": 0})

    def test_no_key(self):
        with TestClient(app) as client:
            self.assertEqual(self.stats(client, key="").status_code, 403)

    def test_file(self):
        self.file.write_text("as before")
        with TestClient(app) as client:
            self.visit(client, "owl")
            self.assertEqual(self.file.read_text(), "as before")
        self.assertEqual(json.loads(self.file.read_bytes()), {"dino": 0, "owl": 1})


if __name__ == "__main__":
    unittest.main()
