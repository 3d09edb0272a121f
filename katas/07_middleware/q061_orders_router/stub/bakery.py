open_today = True
orders: dict[int, dict] = {}


def take(product: str, pieces: int) -> dict:
    number = max(orders, default=100) + 1
    orders[number] = {"number": number, "product": product, "pieces": pieces}
    return orders[number]


take("rye bread", 2)
take("poppy roll", 12)
