"""Checks of q004: what an installed package says about Python versions."""

import importlib
import importlib.metadata
import shutil
import sys
from dataclasses import dataclass

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pytest_fastapi_kata.checks import exactly, told

LABEL = "Programming Language :: Python :: "


@dataclass(frozen=True)
class Package:
    """An installed package, and what the app has to say of it."""

    name: str
    release: str
    requires: str | None = None
    classifiers: tuple[str, ...] = ()

    def judge(self, python):
        version = Version(python)
        return {
            "release": self.release,
            "requires_python": self.requires,
            "allowed": version in SpecifierSet(self.requires or ""),
            "listed": f"{LABEL}{version.major}.{version.minor}" in self.classifiers,
        }


@pytest.fixture
def install(client, tmp_path, monkeypatch, rng):
    """Puts a package of this run on `sys.path`, after the app was imported; one of the same name is replaced."""
    monkeypatch.syspath_prepend(tmp_path)

    def put(requires=None, listed=("3",), others=(), name=None):
        for old in tmp_path.glob(f"{name}-*"):
            shutil.rmtree(old)
        name, release = name or rng.word(5), ".".join(map(str, rng.numbers(3, 0, 40)))
        package = Package(name, release, requires, (*others, *(f"{LABEL}{version}" for version in listed)))
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {release}"]
        lines += [] if requires is None else [f"Requires-Python: {requires}"]
        lines += [f"Classifier: {classifier}" for classifier in package.classifiers]
        folder = tmp_path / f"{name}-{release}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("\n".join(lines) + "\n\nMade up.\n", "utf-8")
        importlib.invalidate_caches()
        return package

    return put


def ask(client, package, python):
    """The answer about an installed package."""
    response = client.get(f"/support/{package.name}/{python}")
    assert response.status_code == 200, told(
        (
            response.status_code == 404 and package.name != "fastapi",
            f"Nothing was found at this address. The package {package.name} is there: it was installed a moment ago, after your app "
            "had been imported. It has to be looked up under the name in the path, each time anew.",
        ),
        (response.status_code == 422, f"“{python}” is a proper version, yet it was refused. What type was it read as?"),
        (
            response.status_code == 500 and not package.classifiers,
            "This package has no classifiers at all. What do you get when you ask its metadata for them?",
        ),
    )
    return response.json()


def other_facts(got, expected):
    """What is wrong apart from the two judgements."""
    got = got if isinstance(got, dict) else {}
    return (
        (got.keys() != expected.keys(), f"The answer has to be an object of exactly {', '.join(expected)}."),
        (got.get("release") != expected["release"], "`release` is not the version of the package that is installed."),
        (
            got.get("requires_python") != expected["requires_python"],
            "`requires_python` is not what stands in the metadata. Pass it on as it is, and as `null` if there is none.",
        ),
    )


def differ(got, expected, key):
    return isinstance(got, dict) and got.get(key) is not expected[key]


def other_label(got, expected, python):
    """What is wrong with `listed`."""
    two_numbers = ".".join(python.split(".")[:2])
    return (
        (
            differ(got, expected, "listed") and python != two_numbers,
            f"Labels name a version by two numbers: the one for Python {python} ends in {two_numbers}.",
        ),
        (
            differ(got, expected, "listed"),
            f"Python {python}: `listed` is about the classifiers, and the whole label has to match, from its first word to its last number.",
        ),
    )


def test_fastapi_is_judged_from_its_installed_metadata(client, rng):
    """`GET /support/fastapi/{python}` answers 200 with `release`, `requires_python`, `allowed` and `listed`, as the metadata of the installed FastAPI says it."""
    facts = importlib.metadata.metadata("fastapi")
    classifiers = tuple(facts.get_all("Classifier", []))
    fastapi = Package("fastapi", facts["Version"], facts.get("Requires-Python"), classifiers)
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in [running, *rng.shuffled(["2.7", "3.6", "3.14"])]:
        got = ask(client, fastapi, python)
        assert got == exactly(fastapi.judge(python)), (
            f"Asked for Python {python}, the app and the metadata of the installed FastAPI disagree. Numbers in tutorials "
            "(3.6, 3.7, 3.8) were true once; each release may ask for another Python."
        )


def test_any_installed_package_can_be_asked(install, client, rng):
    """`GET /support/{package}/{python}` answers for any package, even one that is installed, or replaced by another release, while the app is running."""
    for floor in rng.numbers(2, 7, 13):
        package = install(f">=3.{floor}", listed=("3", f"3.{floor}", f"3.{floor + 1}"))
        for python in (f"3.{floor}", f"3.{floor - 1}"):
            got = ask(client, package, python)
            assert got == exactly(package.judge(python)), (
                f"{package.name} has other metadata than FastAPI. Read that of the package in the path, when it is asked for."
            )
    upgraded = install(f">=3.{floor + 1}", name=package.name)
    got = ask(client, upgraded, f"3.{floor}")
    assert got == exactly(upgraded.judge(f"3.{floor}")), (
        f"Between two requests, another release of {package.name} was installed, and the app still tells of the old one. "
        "What was read for one request may be out of date for the next."
    )


def test_ten_comes_after_nine(install, client, rng):
    """Versions are compared as versions: 3.1 comes before 3.9, and 3.10 and 3.10.4 come after it. The same holds for `listed`."""
    for requires in rng.shuffled([">=3.9", ">=3.10"]):
        listed = ("3.9", "3.10") if requires == ">=3.9" else ("3.10",)
        package = install(requires, listed)
        for python in [*rng.shuffled(["3.1", "3.9", "3.10"]), "3.10.4"]:
            got = ask(client, package, python)
            expected = package.judge(python)
            assert got == exactly(expected), told(
                *other_facts(got, expected),
                (
                    differ(got, expected, "allowed"),
                    f"Does {requires} admit {python}? As a text, “3.10” sorts before “3.9”, and as a number it is 3.1. "
                    "A version is neither: it is a row of whole numbers.",
                ),
                *other_label(got, expected, python),
            )


def test_upper_bounds_and_exclusions_count(install, client, rng):
    """`allowed` heeds the whole rule: upper bounds, exclusions and `~=` as well as the lowest version. `requires_python` shows the rule letter for letter, with its blanks and in its order."""
    low, high, out = rng.choice([9, 10]), rng.choice([14, 15]), rng.choice([12, 13])
    patch = rng.randint(2, 8)
    rules = [
        f">=3.{low}, <3.{high}, !=3.{out}.*",
        f">= 3.{low}.{patch},<4 ,!=3.11.{patch}",
        f"~=3.{low}",
    ]
    two_numbers = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15", "4.0"]
    three_numbers = [f"3.{low}.{patch}", f"3.{low}.{patch - 1}", f"3.11.{patch}", f"3.{out}.{patch}"]
    packages = [install(rule) for rule in rng.shuffled(rules)]
    # Those with two numbers first: a rule that is read only in part is then told from a number that gets lost.
    for pythons in (two_numbers, three_numbers):
        for package in packages:
            for python in rng.shuffled(pythons):
                got, expected = ask(client, package, python), package.judge(python)
                assert got == exactly(expected), told(
                    *other_facts(got, expected),
                    (
                        differ(got, expected, "allowed") and pythons is three_numbers,
                        f"{python} has three numbers, and a rule may look at all of them. Does “{package.requires}” admit it? So "
                        "far, every version with two numbers was judged well.",
                    ),
                    (
                        differ(got, expected, "allowed"),
                        f"Does “{package.requires}” admit {python}? Every part of the rule has a say. `packaging` reads all "
                        "of them for you.",
                    ),
                    *other_label(got, expected, python),
                )


def test_listed_is_not_the_same_as_allowed(install, client, rng):
    """`allowed` comes from `Requires-Python` alone. `listed` comes from the classifiers alone, by the first two numbers of the version; without classifiers it is `false`."""
    package = install(
        ">=3.11",
        listed=("3", "3.10", "3.11", "3.12", f"3.{rng.randint(30, 90)}"),
        others=["Framework :: Django :: 3.15", "Topic :: Utilities"],
    )
    bare = install(f">=3.{rng.randint(10, 11)}", listed=())
    for asked, python in [
        *((package, python) for python in rng.shuffled(["3.15", "3.10", "3.1", "3.12"])),
        (package, "3.12.7"),
        (bare, "3.12"),
    ]:
        got = ask(client, asked, python)
        expected = asked.judge(python)
        assert got == exactly(expected), told(
            *other_facts(got, expected),
            *other_label(got, expected, python),
            f"Python {python}: `allowed` is about `Requires-Python`, the rule that pip obeys. Classifiers are labels, and bind nobody.",
        )


def test_no_requires_python_means_any_version(install, client, rng):
    """A package without `Requires-Python` shows `null` there, and every version is allowed."""
    package = install(None)
    for python in ["2.7", f"3.{rng.randint(1, 20)}", "4.0"]:
        got, expected = ask(client, package, python), package.judge(python)
        assert got == exactly(expected), told(
            *other_facts(got, expected),
            (
                differ(got, expected, "allowed"),
                f"{package.name} has no Requires-Python at all. Where there is no rule, nothing is forbidden.",
            ),
            *other_label(got, expected, python),
        )


def test_unknown_package_is_404(install, client, rng):
    """A package that is not installed is answered with 404, while an installed one is answered with 200."""
    assert isinstance(ask(client, install(">=3.8"), "3.12"), dict)
    response = client.get(f"/support/{rng.word(6)}/3.12")
    assert response.status_code == 404, told(
        (
            response.status_code == 500,
            "Looking up a package that is not installed raises an exception. Nobody caught it, so it became a 500.",
        ),
        "No package of this name is installed, so there is nothing to tell about it.",
    )


def test_nonsense_version_is_422(install, client, rng):
    """What is no version, such as `latest`, `3.x`, `3.11.*` or `>=3.11`, is answered with 422, while a version is answered with 200."""
    package = install(">=3.8")
    assert isinstance(ask(client, package, "3.12"), dict)
    for nonsense in rng.shuffled(["latest", "3.x", "3.11.*", ">=3.11", rng.word()]):
        response = client.get(f"/support/{package.name}/{nonsense}")
        assert response.status_code == 422, told(
            (
                response.status_code == 500,
                f"“{nonsense}” cannot be read as a version. The exception that says so was not caught, and became a 500.",
            ),
            f"“{nonsense}” is no version, so the question has no answer.",
        )
