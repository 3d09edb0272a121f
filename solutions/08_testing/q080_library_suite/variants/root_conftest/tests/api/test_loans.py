import pytest


@pytest.mark.api
def test_a_loan_is_answered(client):
    response = client.post("/loans", json={"member": "Ada", "title": "film 7"})
    assert response.status_code == 201
    assert response.json() == {"loan": response.json()["loan"], "member": "Ada", "title": "film 7"}


@pytest.mark.api
def test_an_unknown_title_is_not_lent(client):
    assert client.post("/loans", json={"member": "Ada", "title": "film 999"}).status_code == 404


@pytest.mark.api
def test_a_third_loan_is_refused(client, make_loan):
    make_loan(member="Ada")
    make_loan(member="Ada")
    assert client.post("/loans", json={"member": "Ada", "title": "book 3"}).status_code == 409
    assert client.post("/loans", json={"member": "Bob", "title": "book 3"}).status_code == 201


@pytest.mark.api
def test_a_returned_loan_makes_room(client, make_loan):
    make_loan(member="Ada")
    client.post(f"/loans/{make_loan(member='Ada')['loan']}/return", json={})
    assert client.post("/loans", json={"member": "Ada", "title": "book 3"}).status_code == 201


@pytest.mark.parametrize(("title", "fee"), [("book 5", 80), ("film 5", 400)])
@pytest.mark.api
def test_a_late_return_costs_the_fee_of_its_kind(client, make_loan, title, fee):
    loan = make_loan(title=title)
    response = client.post(f"/loans/{loan['loan']}/return", json={"days_late": 4})
    assert response.status_code == 200
    assert response.json() == {"fee_cents": fee}


@pytest.mark.api
def test_a_return_in_time_is_free(client, make_loan):
    assert client.post(f"/loans/{make_loan()['loan']}/return", json={}).json() == {"fee_cents": 0}


@pytest.mark.api
def test_a_loan_is_returned_once(client, make_loan):
    path = f"/loans/{make_loan()['loan']}/return"
    client.post(path, json={})
    assert client.post(path, json={}).status_code == 409
