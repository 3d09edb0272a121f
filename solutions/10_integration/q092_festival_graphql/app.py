"""The festival's programme in GraphQL: loaders that live as long as one request, and bookings that SQL decides."""

import datetime as dt
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Annotated, Any

import festival
import strawberry
from fastapi import Depends, FastAPI
from graphql import GraphQLError
from sqlalchemy import select, update
from strawberry.dataloader import DataLoader
from strawberry.extensions import MaskErrors, QueryDepthLimiter
from strawberry.fastapi import BaseContext, GraphQLRouter

LIMIT_OF_DEPTH = 10
REASONS = {
    "en": {"none": "at least one seat", "unknown": "no such screening", "few": "not enough seats"},
    "fr": {"none": "au moins une place", "unknown": "séance inconnue", "few": "plus assez de places"},
}


def number(text: str) -> int | None:
    """The number that an ID stands for, None if no row can have it."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


Load = Callable[[list[Any]], Awaitable[Sequence[Any]]]


def one_by_id(model: Any) -> Load:
    """A batch of rows by their ids, in the order of the keys, None where nothing is."""

    async def load(keys: list[int]) -> list[Any]:
        async with festival.session() as session:
            rows = {row.id: row for row in await session.scalars(select(model).where(model.id.in_(keys)))}
        return [rows.get(key) for key in keys]

    return load


def many_by(column: Any, *order: Any) -> Load:
    """A batch of lists of rows, one list for each value of the column."""

    async def load(keys: list[int]) -> list[list[Any]]:
        model = column.class_
        groups: defaultdict[Hashable, list[Any]] = defaultdict(list)
        async with festival.session() as session:
            for row in await session.scalars(select(model).where(column.in_(keys)).order_by(*order)):
                groups[getattr(row, column.key)].append(row)
        return [groups[key] for key in keys]

    return load


class Context(BaseContext):
    def __init__(self, locale: str) -> None:
        super().__init__()
        self.reasons = REASONS[locale]
        self.start_afresh()

    def start_afresh(self) -> None:
        self.film = DataLoader(one_by_id(festival.Film))
        self.director = DataLoader(one_by_id(festival.Director))
        self.screening = DataLoader(one_by_id(festival.Screening))
        self.films_of = DataLoader(many_by(festival.Film.director_id, festival.Film.id))
        self.screenings_of = DataLoader(
            many_by(festival.Screening.film_id, festival.Screening.starts_at, festival.Screening.id)
        )


async def get_context(locale: Annotated[str, Depends(festival.get_locale)]) -> Context:
    return Context(locale)


Info = strawberry.Info[Context, None]


@strawberry.type
class Film:
    id: strawberry.ID
    title: str
    row: strawberry.Private[festival.Film]

    @classmethod
    def of(cls, row: festival.Film) -> "Film":
        return cls(id=strawberry.ID(str(row.id)), title=row.title, row=row)

    @strawberry.field
    async def director(self, info: Info) -> "Director":
        return Director.of(await info.context.director.load(self.row.director_id))

    @strawberry.field
    async def screenings(self, info: Info) -> list["Screening"]:
        return [Screening.of(row) for row in await info.context.screenings_of.load(self.row.id)]


@strawberry.type
class Director:
    id: strawberry.ID
    name: str

    @classmethod
    def of(cls, row: festival.Director) -> "Director":
        return cls(id=strawberry.ID(str(row.id)), name=row.name)

    @strawberry.field
    async def films(self, info: Info) -> list[Film]:
        return [Film.of(row) for row in await info.context.films_of.load(int(self.id))]


@strawberry.type
class Screening:
    id: strawberry.ID
    hall: str
    starts_at: dt.datetime
    seats_left: int
    film_id: strawberry.Private[int]

    @classmethod
    def of(cls, row: festival.Screening) -> "Screening":
        return cls(
            id=strawberry.ID(str(row.id)),
            hall=row.hall,
            starts_at=row.starts_at,
            seats_left=row.seats - row.sold,
            film_id=row.film_id,
        )

    @strawberry.field
    async def film(self, info: Info) -> Film:
        return Film.of(await info.context.film.load(self.film_id))


@strawberry.type
class Booking:
    id: strawberry.ID
    screening_id: strawberry.Private[int]

    @strawberry.field
    async def screening(self, info: Info) -> Screening:
        return Screening.of(await info.context.screening.load(self.screening_id))


@strawberry.type
class BookingRefused:
    reason: str


@strawberry.type
class Query:
    @strawberry.field
    async def films(self, first: int = 20) -> list[Film]:
        async with festival.session() as session:
            rows = await session.scalars(select(festival.Film).order_by(festival.Film.id).limit(first))
        return [Film.of(row) for row in rows]

    @strawberry.field
    async def film(self, info: Info, id: strawberry.ID) -> Film | None:  # noqa: A002 - the schema says `id`
        key = number(id)
        row = None if key is None else await info.context.film.load(key)
        return None if row is None else Film.of(row)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def book_seats(
        self, info: Info, screening_id: strawberry.ID, seats: int
    ) -> Annotated[Booking | BookingRefused, strawberry.union("BookingResult")]:
        reasons = info.context.reasons
        if seats < 1:
            return BookingRefused(reason=reasons["none"])
        wanted = festival.Screening.id == number(screening_id)
        is_free = festival.Screening.seats - festival.Screening.sold >= seats
        async with festival.session() as session, session.begin():
            # One statement looks and takes, so nobody comes in between.
            taken = await session.execute(
                update(festival.Screening)
                .where(wanted, is_free)
                .values(sold=festival.Screening.sold + seats)
                .execution_options(synchronize_session=False)
            )
            if not taken.rowcount:
                exists = await session.scalar(select(festival.Screening.id).where(wanted))
                return BookingRefused(reason=reasons["unknown" if exists is None else "few"])
            booking = festival.Booking(screening_id=number(screening_id), seats=seats)
            session.add(booking)
        info.context.start_afresh()
        return Booking(id=strawberry.ID(str(booking.id)), screening_id=booking.screening_id)


def was_unexpected(error: GraphQLError) -> bool:
    """What the app raised, in contrast to what GraphQL has to say about the query."""
    return error.original_error is not None


schema = strawberry.Schema(
    Query,
    Mutation,
    extensions=[lambda: QueryDepthLimiter(max_depth=LIMIT_OF_DEPTH), lambda: MaskErrors(was_unexpected)],
)

app = FastAPI()
app.include_router(GraphQLRouter(schema, path="/graphql", context_getter=get_context))
