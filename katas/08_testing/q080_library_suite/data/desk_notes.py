# ruff: noqa: E501
"""What the hidden tests share."""

seen = []


def require(fact, otherwise):
    """An assert whose message is all that a learner needs."""
    if not fact:
        raise AssertionError(otherwise)


def same(catalogue):
    require(catalogue.get("film 7") == "film", f"`catalogue` was {str(catalogue)[:80]}.")
    seen.append(catalogue)
    require(
        catalogue is seen[0],
        "Two tests that name `catalogue` got two different objects, where the same one is right for all tests of a run.",
    )


def ask(client, path, body):
    try:
        response = client.post(path, json=body)
    except Exception as error:  # noqa: BLE001
        require(False, f"`client.post({path!r}, json={body})` raised {type(error).__name__}: {str(error)[:200]}")
    try:
        return response.status_code, response.json()
    except ValueError:
        return response.status_code, response.text


def lend(client, member, title):
    return ask(client, "/loans", {"member": member, "title": title})
