"""Talks to the card company. Given: do not change."""

import asyncio
import logging

logger = logging.getLogger("billing")


async def charge(invoice: str, amount: int, card_number: str) -> None:
    logger.info("charging %s", invoice, extra={"invoice": invoice, "amount": amount, "card_number": card_number})
    await asyncio.sleep(0)
    if amount > 9999:
        raise RuntimeError(f"limit exceeded for {invoice}")
    logger.info("charged %s", invoice, extra={"invoice": invoice, "amount": amount})


def lookup(invoice: str) -> dict:
    logger.info("looking up %s", invoice, extra={"invoice": invoice})
    return {"invoice": invoice, "paid": True}


def archive(invoice: str) -> None:
    logger.info("archived %s", invoice, extra={"invoice": invoice})
