def canonical(text: str) -> str:
    """The 13 digits for an ISBN-10 or ISBN-13 without separators.

    Raises ValueError for a wrong length, a wrong character or a wrong check digit.
    """
    body, check = text[:-1], text[-1:]
    if not (body.isascii() and body.isdigit()) or len(text) not in (10, 13):
        raise ValueError("an ISBN has 10 or 13 characters, digits but for a last X")
    if len(text) == 10:
        rest = -sum((10 - i) * int(c) for i, c in enumerate(body)) % 11
        if check != ("X" if rest == 10 else str(rest)):
            raise ValueError("the check digit is wrong")
        body = "978" + body
    digit = str(-sum((1, 3)[i % 2] * int(c) for i, c in enumerate(body)) % 10)
    if len(text) == 13 and check != digit:
        raise ValueError("the check digit is wrong")
    return body + digit
