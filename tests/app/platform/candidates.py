"""Candidates of an election who all want to lead."""

import asyncio
from collections.abc import Callable

from app.platform.election import Election


async def all_lead_in_turn(election: Callable[[], Election], candidates: int) -> bool:
    """Have so many candidates, each with its own election, lead once; tell whether no two did at a time."""
    leading = most = terms = 0

    async def candidate() -> None:
        nonlocal leading, most, terms
        async with election().term() as term:
            leading += 1
            most = max(most, leading)
            await asyncio.sleep(0.03)
            await term.confirm()
            leading -= 1
            terms += 1

    await asyncio.gather(*(candidate() for _ in range(candidates)))
    return (most, terms) == (1, candidates)
