from functools import cache

import urls
from sqlalchemy import ForeignKey, UniqueConstraint, create_engine
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column, relationship


class Base(MappedAsDataclass, DeclarativeBase):
    pass


class Composer(Base):
    __tablename__ = "composers"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Loan(Base):
    __tablename__ = "loans"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    work_id: Mapped[int] = mapped_column(ForeignKey("works.id"), init=False)
    singer: Mapped[str]


class Work(Base):
    __tablename__ = "works"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    title: Mapped[str]
    copies: Mapped[int]
    composer_id: Mapped[int] = mapped_column(ForeignKey(Composer.id), init=False)
    by: Mapped[Composer] = relationship(lazy="joined")
    loans: Mapped[list[Loan]] = relationship(init=False, lazy="selectin", passive_deletes="all")
    composer: AssociationProxy[str] = association_proxy("by", "name", init=False)

    __table_args__ = (UniqueConstraint("composer_id", "title"),)

    @property
    def available(self):
        return self.copies - len(self.loans)

    @property
    def singers(self):
        return sorted(loan.singer for loan in self.loans)


@cache
def engine():
    return create_engine(urls.sync_url())


def make_tables():
    Base.metadata.create_all(engine())


def dispose():
    engine().dispose()


def session():
    with Session(engine()) as session:
        yield session
