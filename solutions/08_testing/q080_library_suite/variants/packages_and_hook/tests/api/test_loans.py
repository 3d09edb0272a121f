class TestLending:
    def test_unknown_title(self, client):
        assert client.post("/loans", json={"member": "Ada", "title": "?"}).status_code == 404

    def test_third_loan(self, client, make_loan):
        first = make_loan(member="Ada")
        assert make_loan(member="Ada")["loan"] != first["loan"]
        third = {"member": "Ada", "title": "film 3"}
        assert client.post("/loans", json=third).status_code == 409
        client.post(f"/loans/{first['loan']}/return", json={})
        assert client.post("/loans", json=third).status_code == 201


class TestReturning:
    def test_late_film(self, client, make_loan):
        response = client.post(f"/loans/{make_loan(title='film 9')['loan']}/return", json={"days_late": 3})
        assert response.json() == {"fee_cents": 300}

    def test_twice(self, client, make_loan):
        path = f"/loans/{make_loan()['loan']}/return"
        assert [client.post(path, json={}).status_code for _ in range(2)] == [200, 409]
