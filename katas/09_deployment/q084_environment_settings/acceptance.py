"""Checks of q084: settings from the environment, from files, and from defaults."""

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from pytest_fastapi_kata.apploader import AppLoader
from pytest_fastapi_kata.checks import exactly, told

UNSET = (
    *(f"NEWS_{name}" for name in ("ENVIRONMENT", "DEBUG", "SENDER", "API_TOKEN", "SMTP__HOST", "SMTP__PORT", "TOPICS")),
    *("NEWS_SMTP", "SECRETS_DIR", "ENVIRONMENT", "DEBUG", "SENDER", "API_TOKEN", "SMTP", "SMTP__HOST", "SMTP__PORT"),
    "TOPICS",
)
PAGES = ("/docs", "/redoc", "/openapi.json")
MASK = "**********"


@dataclass
class Service:
    """The learner's two modules, started under one environment."""

    settings_module: Any
    app: Any

    @property
    def settings(self):
        return self.settings_module.get_settings()


class Machine:
    """A machine without any variable or file of the service's, on which it is started."""

    def __init__(self, folder, here, environment, load, client_for):
        self.folder = folder
        self.here = here
        self._environment = environment
        self._load = load
        self._client_for = client_for

    def variables(self, **values):
        """Set exactly these variables, `NEWS_` put before their names."""
        self._environment(**dict.fromkeys(UNSET))
        self._environment(**{f"NEWS_{name}": value for name, value in values.items()})

    def raw(self, **values):
        """Set further variables under these names."""
        self._environment(**values)

    def env_file(self, **values):
        """Write `.env` into the working directory."""
        (self.here / ".env").write_text("".join(f"{key}={value}\n" for key, value in values.items()), "utf-8")

    def secrets(self, **values):
        """Write secret files, and name their folder."""
        folder = self.here.parent / "secrets"
        folder.mkdir(exist_ok=True)
        for name, value in values.items():
            (folder / name).write_text(f"{value}\n", "utf-8")
        self._environment(SECRETS_DIR=str(folder))

    def start(self, what):
        """Start the service where it has to start; `what` tells the learner which values it finds there."""
        module = self._load()
        create_app = getattr(module, "create_app", None)
        assert callable(create_app), "`app.py` has no function `create_app`."
        try:
            app = create_app()
        except ValueError as error:
            raise AssertionError(
                f"{what}. The service is to start with that, and `create_app()` raised:\n{error}"
            ) from None
        assert hasattr(app, "openapi"), "`create_app()` in `app.py` gives no FastAPI app."
        return Service(_settings_module(), app)

    def client(self, service):
        return self._client_for(service.app)

    def refuses(self):
        """Return the errors by which `create_app()` and `get_settings()` refuse to start, None for one that does not."""
        # Not by the kit's own way of importing: here an error is what is asked for.
        loader = AppLoader(self.folder, "app.py", "none")
        errors = {}
        for name, module in (("create_app", "app"), ("get_settings", "settings")):
            errors[name] = None
            try:
                getattr(loader.load(module), name)()
            except (Exception, SystemExit) as error:
                errors[name] = error
        return errors


def _settings_module():
    import settings

    found = getattr(settings, "Settings", None)
    assert isinstance(found, type), "`settings.py` has no class `Settings`."
    assert issubclass(found, BaseSettings), "`Settings` is to be a class of pydantic-settings, a `BaseSettings`."
    assert callable(getattr(settings, "get_settings", None)), "`settings.py` has no function `get_settings`."
    return settings


@pytest.fixture
def machine(environment, load, client_for, monkeypatch, tmp_path):
    # At this point, the working directory is the learner's folder.
    folder = Path.cwd()
    here = tmp_path / "run"
    here.mkdir()
    made = Machine(folder, here, environment, load, client_for)
    made.variables()
    monkeypatch.chdir(here)
    return made


def token_of(rng, length=24):
    """A token that is like no other text."""
    return "".join(rng.choices("bcdfghjkmnpqrstvwxz23456789BCDFGHJKMNPQRSTVWXZ", k=length))


def shown(settings):
    """What `get_settings()` gave, as plain values; the token is left aside."""
    assert settings is not None, "`get_settings()` gives None."
    smtp = getattr(settings, "smtp", None)
    values = {name: getattr(settings, name, "(no such field)") for name in ("environment", "debug", "sender", "topics")}
    values["environment"] = getattr(values["environment"], "value", values["environment"])
    values["topics"] = list(values["topics"]) if isinstance(values["topics"], list | tuple) else values["topics"]
    return {**values, "smtp": {name: getattr(smtp, name, "(no such field)") for name in ("host", "port")}}


def expected_of(environment="dev", sender="news@localhost", host="localhost", port=25, topics=(), debug=False):
    return {
        "environment": environment,
        "debug": debug,
        "sender": sender,
        "topics": list(topics),
        "smtp": {"host": host, "port": port},
    }


def about_of(expected):
    return {
        **{name: expected[name] for name in ("environment", "sender", "topics")},
        "smtp_host": expected["smtp"]["host"],
    }


def does_not_start(machine, what):
    """Require that the service refuses to start, and return the errors."""
    errors = machine.refuses()
    for name, error in errors.items():
        has_come_back = error is None
        assert not has_come_back, (
            f"{what}, and `{name}()` came back as if nothing was wrong. The mistake comes to light with the first request, "
            "or never."
        )
        assert isinstance(error, ValueError), (
            f"{what}. `{name}()` is to stop with a `ValueError`, and stopped with {type(error).__name__}: {error}"
        )
    return errors


def opens(client, token):
    return client.post("/issues", headers={"x-token": token})


def test_environment_variables_fill_the_settings(machine, rng):
    """Variables with the prefix `NEWS_` fill the settings, `SMTP__HOST` and `SMTP__PORT` their nested part, and `GET /about` tells of them."""
    for environment, debug, is_on in (
        ("staging", rng.choice(("1", "true", "on")), True),
        ("dev", rng.choice(("0", "false", "off")), False),
    ):
        sender, host, port = f"{rng.word()}@{rng.word()}.example", f"{rng.word()}.example", rng.randint(1024, 65535)
        topics = rng.words(3)
        machine.variables(
            ENVIRONMENT=environment,
            DEBUG=debug,
            SENDER=sender,
            API_TOKEN=token_of(rng),
            SMTP__HOST=host,
            SMTP__PORT=str(port),
            TOPICS=",".join(topics),
        )
        service = machine.start(f"All seven variables are set, the topics to `{','.join(topics)}`")
        got, expected = shown(service.settings), expected_of(environment, sender, host, port, topics, debug=is_on)
        assert got == exactly(expected), told(
            (
                got["debug"] is True and not is_on,
                f"`NEWS_DEBUG` is `{debug}`, and debug is on. Any text that is not empty is true in Python; what counts is "
                "what the text says.",
            ),
            (got["smtp"]["port"] == str(port), "The port arrived as a text. It is to be a whole number."),
            (
                got["smtp"]["host"] != host and {**got, "smtp": None} == {**expected, "smtp": None},
                "The nested values did not arrive. The part of a name before `__` is the field, the part behind it the field "
                "within.",
            ),
        )
        response = machine.client(service).get("/about")
        assert response.status_code == 200
        assert response.json() == exactly(about_of(expected))


def test_defaults_and_required_token(machine, rng):
    """With nothing but the token set, everything else has its default; variables without the prefix do not count."""
    machine.variables(API_TOKEN=token_of(rng, 8))
    machine.raw(
        SENDER=f"{rng.word()}@elsewhere.example",
        ENVIRONMENT="staging",
        DEBUG="true",
        TOPICS=rng.word(),
        SMTP__HOST=rng.word(),
    )
    service = machine.start("Only the token is set, and variables that do not begin with `NEWS_`")
    got, expected = shown(service.settings), expected_of()
    assert got == exactly(expected), told(
        (
            got["sender"] != expected["sender"] or got["environment"] != "dev",
            "Only the token is set for this service. Variables of the same names, but without the prefix, belong to others.",
        ),
    )
    response = machine.client(service).get("/about")
    assert response.status_code == 200
    assert response.json() == exactly(about_of(expected))


def test_missing_or_invalid_values_stop_the_app(machine, rng):
    """Without a token, with an unknown environment, or with a port that is no number, `create_app()` and `get_settings()` raise a `ValueError`."""
    good = {"API_TOKEN": token_of(rng), "ENVIRONMENT": "staging", "SMTP__PORT": str(rng.randint(1024, 65535))}
    machine.variables(**good)
    got = shown(machine.start("Token, environment and port are as they should be").settings)
    assert got["environment"] == "staging", "This is the environment that `NEWS_ENVIRONMENT` names."
    for name, value, what in (
        ("API_TOKEN", None, "There is no token"),
        ("ENVIRONMENT", rng.choice(("production", "test", rng.word())), "`NEWS_ENVIRONMENT` is none of the three"),
        ("SMTP__PORT", "mail", "`NEWS_SMTP__PORT` is `mail`"),
    ):
        machine.variables(**{**good, name: value})
        does_not_start(machine, what)


def test_sources_have_an_order(machine, rng):
    """Variables beat `.env` in the working directory, that beats the files in `SECRETS_DIR`, and those beat the defaults; strangers in `.env` do no harm."""
    first, second, third = (f"{name}@{name}.example" for name in rng.words(3))
    hosts, port, token = rng.words(2), rng.randint(1024, 65535), token_of(rng)
    machine.variables(SENDER=first, SMTP__PORT=str(port))
    machine.env_file(
        POSTGRES_PASSWORD=rng.word(),
        NEWS_SENDER=second,
        NEWS_SMTP__HOST=hosts[0],
        NEWS_ENVIRONMENT="staging",
        **{f"{rng.word().upper()}_URL": rng.word()},
    )
    machine.secrets(news_sender=third, news_environment="prod", news_api_token=token)
    service = machine.start(
        "The sender and the port stand in variables. `.env` in the working directory holds sender, host and environment, and "
        "things of others. The secret files hold sender, environment and token"
    )
    got, expected = shown(service.settings), expected_of("staging", first, hosts[0], port)
    assert got == exactly(expected), told(
        (got["sender"] == second, "The sender stands in a variable and in `.env`. The variable is the stronger one."),
        (
            got["sender"] == third,
            "The sender stands in a variable and in a secret file. The variable is the stronger one.",
        ),
        (
            got["environment"] == "prod",
            "`.env` in the working directory says `staging`, a secret file says `prod`, and `.env` is the stronger one. (The "
            "working directory is not the folder of the code.)",
        ),
        (
            got["environment"] == "dev",
            "`.env` lies in the working directory, which is not the folder of the code, and says `staging`.",
        ),
        (
            got["smtp"] != expected["smtp"],
            "The port stands in a variable, the host in `.env`. Both belong to one server.",
        ),
    )
    response = opens(machine.client(service), token)
    assert response.status_code == 202, "The token lies in the secret file `news_api_token` and was sent as it is."
    # The next start: without the variable, then without `.env`.
    machine.variables(SMTP__PORT=str(port))
    machine.secrets()
    got = shown(machine.start("The sender stands in `.env` and in a secret file").settings)["sender"]
    assert got == second, told((got == third, "`.env` and a secret file name the sender. `.env` is the stronger one."))
    (machine.here / ".env").unlink()
    machine.raw(NEWS_ENVIRONMENT="staging")
    got = shown(machine.start("There is no `.env`, and the secret files are still there").settings)["sender"]
    assert got == third, "Only the secret file `news_sender` names the sender."


def lists(rng):
    """Texts, and the topics that they list."""
    words = [*rng.words(3), rng.digits(4)]
    return (
        (",".join(words), words),
        (f" {words[0]} ,  {words[1]},{words[2]} ", words[:3]),
        (words[3], words[3:]),
        (f"{words[1]},,{words[0]},", [words[1], words[0]]),
        ("", []),
    )


def read_topics(machine, text, topics, where):
    """Start the service, and require that it has these topics."""
    what = f"The topics {where} are `{text}`"
    got = shown(machine.start(what).settings)["topics"]
    assert got == exactly(topics), told(
        (
            isinstance(got, list) and [str(one).strip() for one in got] == topics,
            f"{what}. The blanks around a topic do not belong to it.",
        ),
        (
            isinstance(got, list) and [one for one in got if one] == topics,
            f"{what}. Where there is nothing between two commas, or behind the last one, there is no topic.",
        ),
        (
            got == [] and topics != [],
            f"{what}. They were not read from there at all, or what was read did not get into the settings.",
        ),
        f"{what}. This is not what became of them in the settings.",
    )


def test_topics_are_a_comma_separated_list(machine, rng):
    """`NEWS_TOPICS` lists topics with commas between them; blanks around a topic are trimmed, and empty ones left out."""
    for text, topics in lists(rng):
        machine.variables(API_TOKEN=token_of(rng), TOPICS=text)
        read_topics(machine, text, topics, "in the variable")


def test_topics_from_the_files_too(machine, rng):
    """It is the same in `.env` and in the secret file `news_topics`."""
    text, topics = lists(rng)[1]
    machine.variables(API_TOKEN=token_of(rng))
    machine.env_file(NEWS_TOPICS=text)
    read_topics(machine, text, topics, "in `.env`")
    (machine.here / ".env").unlink()
    machine.secrets(news_topics=text)
    read_topics(machine, text, topics, "in the secret file")


def test_settings_are_read_once_and_can_be_overridden(machine, rng):
    """`get_settings()` gives one and the same object for the life of the process; replaced by `dependency_overrides`, it changes what `/about` tells and which token counts."""
    token, other, sender = token_of(rng), token_of(rng), f"{rng.word()}@{rng.word()}.example"
    machine.variables(API_TOKEN=token, SENDER=sender)
    service = machine.start("Token and sender are set")
    client, before = machine.client(service), service.settings
    machine.variables(API_TOKEN=other, SENDER=f"late@{rng.word()}.example")
    machine.env_file(NEWS_SMTP__HOST=rng.word())
    now = service.settings
    assert now is before, (
        "`get_settings()` gave another object when it was asked again. Each request would read the files anew."
    )
    response = client.get("/about")
    assert response.status_code == 200
    expected = expected_of(sender=sender)
    assert response.json() == exactly(about_of(expected)), (
        "The variables were changed while the service was running. Its settings are those that it started with."
    )
    response = opens(client, token)
    assert response.status_code == 202, "The token that the service started with is the one that counts."
    put_in = {
        "environment": "staging",
        "sender": f"{rng.word()}@test.example",
        "smtp": {"host": rng.word(), "port": rng.randint(1024, 65535)},
        "topics": rng.words(2),
    }
    try:
        replacement = service.settings_module.Settings(api_token=other, **put_in)
    except ValueError as error:
        raise AssertionError(f"A test cannot make settings of its own by `Settings(api_token=…, …)`: {error}") from None
    service.app.dependency_overrides[service.settings_module.get_settings] = lambda: replacement
    response = client.get("/about")
    assert response.status_code == 200
    assert response.json() == exactly(about_of(put_in)), (
        "A test has replaced `get_settings` by `app.dependency_overrides`, and `/about` still tells of other settings. Only "
        "what a route gets as a dependency can be replaced."
    )
    for sent, status in ((other, 202), (token, 401)):
        response = opens(client, sent)
        assert response.status_code == status, (
            "A test has replaced `get_settings` by `app.dependency_overrides`. From then on the token of the replacement is "
            "the one that counts, and no other."
        )


def test_issues_need_the_token(machine, rng):
    """`POST /issues` is 202 `{"status": "accepted"}` with the token in `X-Token`, and 401 with anything else or without."""
    token = token_of(rng, rng.randint(8, 30))
    machine.variables(API_TOKEN=token)
    client = machine.client(machine.start(f"The token has {len(token)} characters, and the environment is dev"))
    response = opens(client, token)
    assert response.status_code == 202, "This is the very token that `NEWS_API_TOKEN` holds."
    assert response.json() == exactly({"status": "accepted"})
    response = client.post("/issues")
    assert response.status_code == 401, "No token was sent at all."
    for wrong in (token[:-1], token + "x", token.swapcase(), token_of(rng, len(token)), MASK, "", "None"):
        response = opens(client, wrong)
        assert response.status_code == 401, told(
            (
                response.status_code == 202 and wrong == MASK,
                "These asterisks stand in place of a secret when it is printed, whichever secret that is. They were taken for "
                "the token itself.",
            ),
            (response.status_code == 202, "This is not the token, and the issue was accepted."),
        )
    response = client.post("/issues", headers=[(b"x-token", "Schlüssel".encode("latin-1"))])
    assert response.status_code == 401, told(
        (
            response.status_code == 500,
            "A header may hold characters outside of ASCII. Not every way to compare texts can stand them; for bytes, there "
            "is no such limit.",
        ),
    )


def test_docs_are_hidden_in_prod(machine, rng):
    """`/docs`, `/redoc` and `/openapi.json` are 404 in prod, and 200 elsewhere."""
    for environment in rng.shuffled(("dev", "staging", "prod")):
        machine.variables(API_TOKEN=token_of(rng), ENVIRONMENT=environment)
        client = machine.client(machine.start(f"The environment is {environment}, the token has 24 characters"))
        response = client.get("/about")
        assert response.status_code == 200
        for page in PAGES:
            response = client.get(page)
            wanted = 404 if environment == "prod" else 200
            assert response.status_code == wanted, told(
                (
                    page == "/openapi.json" and wanted == 404,
                    "The pages are only a view of this document. Whoever fetches it knows the whole API.",
                ),
                (wanted == 404, "In prod, nobody is to read this."),
                f"In {environment}, the docs are there for the team.",
            )


def test_prod_refuses_careless_settings(machine, rng):
    """In prod, debug or a token of fewer than 16 characters stops the start; in dev and staging, both are fine."""
    machine.variables(ENVIRONMENT="prod", API_TOKEN=token_of(rng, 16))
    got = shown(machine.start("In prod, the token has 16 characters, and debug is off").settings)["environment"]
    assert got == "prod", "`NEWS_ENVIRONMENT` is `prod`, and the service has started with it."
    for values, what in (
        ({"API_TOKEN": token_of(rng, 15)}, "The token has 15 characters"),
        ({"API_TOKEN": token_of(rng, 16), "DEBUG": "true"}, "Debug is on"),
    ):
        machine.variables(ENVIRONMENT="prod", **values)
        does_not_start(machine, f"{what}, in prod")
        for environment in ("dev", "staging"):
            machine.variables(ENVIRONMENT=environment, **values)
            got = shown(machine.start(f"{what}, in {environment}").settings)
            assert got == exactly(expected_of(environment, debug="DEBUG" in values))


def test_token_never_shows(machine, rng):
    """The token is neither in `repr`, `str` or a dump of the settings, nor in the text of an error that stops the start."""
    token = token_of(rng)
    machine.variables(API_TOKEN=token)
    settings = machine.start("Only the token is set").settings
    assert settings is not None, "`get_settings()` gives None."
    views = {
        "repr(settings)": lambda: repr(settings),
        "str(settings)": lambda: str(settings),
        "str(settings.model_dump())": lambda: str(settings.model_dump()),
        'str(settings.model_dump(mode="json"))': lambda: str(settings.model_dump(mode="json")),
        "settings.model_dump_json()": lambda: settings.model_dump_json(),
    }
    for name, view in views.items():
        text = view()
        is_shown = token in text
        assert not is_shown, f"`{name}` shows the token: {text}"
    for values, what in (
        ({"ENVIRONMENT": "production"}, "The environment is unknown"),
        ({"SMTP__PORT": "mail"}, "The port is no number"),
        ({"ENVIRONMENT": "prod", "DEBUG": "1"}, "Debug is on in prod"),
        ({"ENVIRONMENT": "prod"}, "The token is too short for prod"),
    ):
        token = token_of(rng, rng.randint(7, 12) if "DEBUG" not in values else 18)
        machine.variables(API_TOKEN=token, **values)
        for name, error in machine.refuses().items():
            text = "".join([*traceback.format_exception(error), repr(error)]) if error is not None else ""
            telling = [
                line for line in text.splitlines() if any(token[at : at + 6] in line for at in range(len(token) - 5))
            ]
            is_shown = telling != []
            assert not is_shown, (
                f"{what}, and the error of `{name}()` shows the token, or a piece of it, when it is printed:\n"
                f"{telling[0].strip()}\n"
                "A field that hides its value does not hide what was put in. The errors that hang on an error as its cause, or "
                "were being handled when it was raised, are printed with it."
            )
