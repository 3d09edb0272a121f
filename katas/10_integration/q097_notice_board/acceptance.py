"""Checks of q097: pages for people, read as a browser reads them."""

from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from pytest_fastapi_kata.checks import told

EMPTY = "No notices yet"
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# A line ends where one of these begins or ends.
BLOCKS = {
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "label",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}
UNSEEN = {"script", "style", "template"}


class Element:
    """An element of a page, with what is in it."""

    def __init__(self, tag, attributes=()):
        self.tag = tag
        self.attributes = dict(attributes)
        self.inside = []

    def all(self, *tags):
        """The elements of these names in it, in the order of the page; without names, all elements."""
        for part in self.inside:
            if isinstance(part, Element):
                if part.tag in tags or not tags:
                    yield part
                yield from part.all(*tags)

    def first(self, *tags):
        return next(self.all(*tags), None)

    def attribute(self, name):
        return self.attributes.get(name) or ""

    def raw(self):
        """The text in it as it stands in the source, without entities."""
        return "".join(part if isinstance(part, str) else part.raw() for part in self.inside)

    def seen(self):
        """The text in it as a browser shows it: runs of white space are one blank."""
        return " ".join(self.pieces().split())

    def pieces(self):
        """The text in it with a blank where a line ends."""
        if self.tag in UNSEEN:
            return ""
        text = "".join(part if isinstance(part, str) else part.pieces() for part in self.inside)
        return f" {text} " if self.tag in BLOCKS else text


class Reader(HTMLParser):
    """Builds the elements of a page."""

    def __init__(self):
        super().__init__()
        self.root = Element("")
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        # Of attributes that are there twice, browsers take the first.
        element = Element(tag, reversed(attrs))
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if any(element.tag == tag for element in self.open[1:]):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data):
        self.open[-1].inside.append(data)


def parsed(source):
    reader = Reader()
    reader.feed(source)
    reader.close()
    return reader.root


class Page:
    """A page that was answered, and the address that it has."""

    def __init__(self, response):
        self.root = parsed(response.text)
        self.address = str(response.request.url)
        self.main = self.root.first("main")

    def leads_to(self, address):
        """Where an address on this page leads: scheme, host and path."""
        parts = urlsplit(urljoin(self.address, address))
        return f"{parts.scheme}://{parts.netloc}{parts.path}"

    def path(self, address):
        """The path of an address on this page."""
        return urlsplit(urljoin(self.address, address)).path

    def addresses(self):
        """All that the page links to or posts to, as written there."""
        found = [element.attributes.get(name) for element in self.root.all() for name in ("href", "src", "action")]
        return [address for address in found if address is not None]

    def notices(self, base=""):
        """The links in `<main>` that lead to pages of notices, as text and path."""
        links = [[link.seen(), self.path(link.attribute("href"))] for link in self.main.all("a")]
        return [link for link in links if link[1].startswith(f"{base}/notices/") and link[1] != f"{base}/notices/new"]

    def alerts(self):
        """What the elements with `role="alert"` say."""
        return [
            text for element in self.main.all() if element.attribute("role") == "alert" and (text := element.seen())
        ]


def page(response, status=200):
    """Read a page that was answered with this status, in the frame of `base.html`."""
    assert response.status_code == status, told(
        (
            response.status_code == 500,
            "No page came, since your code, or a template, raised an exception.",
        ),
        (
            status == 422 and response.status_code in (302, 303),
            "This was taken for a good notice. The title has to have 1 to 80 characters, without the blanks around it.",
        ),
        (
            status >= 400 and response.status_code == 200,
            "A page may say in words that something is wrong. Browsers, caches and search engines go by the status, and this "
            "one says that all is well.",
        ),
        (
            status == 404 and response.status_code == 422,
            "There is no such notice, and that is a 404, whatever stands in the address.",
        ),
        (
            status == 200 and response.status_code in (404, 422) and response.request.url.path.endswith("/new"),
            "Did `/notices/new` come to the form, or was “new” taken for the id of a notice?",
        ),
    )
    kind = response.headers.get("content-type", "nothing").partition(";")[0].strip().lower()
    assert kind == "text/html", told(
        (
            kind == "application/json",
            "This is JSON, which is for programs. A person sees it in the browser as it is, in braces and quotation marks. "
            "Each answer to a browser is a page.",
        ),
        "The content type tells the browser what it gets. A page is `text/html`.",
    )
    read = Page(response)
    nav = read.root.first("nav")
    got = {
        "links in <nav>": [link.seen() for link in nav.all("a")] if nav else [],
        "number of <main>": len(list(read.root.all("main"))),
    }
    assert got == {"links in <nav>": ["All notices", "Pin one up"], "number of <main>": 1}, (
        "This page lacks the frame of `base.html`. All pages extend it, and put what is their own into its blocks."
    )
    return read


def pinned(client, title, text=None, base=""):
    """Pin up a notice, and return the path of its page."""
    sent = {"title": title} if text is None else {"title": title, "text": text}
    response = client.post(f"{base}/notices", data=sent)
    assert response.status_code == 303, told(
        (
            response.status_code in (200, 201),
            "The answer to the form is a page of its own. Whoever reloads it sends the form again, and the notice hangs there "
            "twice. The answer is to send the browser on to the notice instead.",
        ),
        (
            response.status_code in (307, 308),
            f"The browser is sent on, and with {response.status_code} it sends the form to the next address once more, as a "
            "POST. There is a status that says: go there with GET.",
        ),
        (
            response.status_code in (301, 302),
            f"{response.status_code} leaves it open whether the next request is a GET. There is a status that says so.",
        ),
        (
            response.status_code == 422,
            "This notice is good: without the blanks around it, its title has 1 to 80 characters, and the text may be empty or missing.",
        ),
        (response.status_code == 500, "No answer came, since your code raised an exception."),
    )
    location = response.headers.get("location")
    assert location, "The redirect says by `Location` where to go, and here it does not."
    path = urlsplit(urljoin(str(response.request.url), location)).path
    place, _, notice = path.rpartition("/")
    leads = notice not in ("", "new") and place == f"{base}/notices"
    assert leads, f"`Location` is `{location}`. It is to lead to the new notice, at `{base}/notices/<its id>`."
    return path


def shown(client, path, title, text="", tags=()):
    """Open the page of a notice, which shows this title and text, and has no element of these names."""
    response = client.get(path)
    read = page(response)
    plain(read, tags)
    heading = read.root.first("h1")
    got = heading.seen() if heading else "(no <h1>)"
    assert got == title, told(
        (unescape(got) == title, "In the first `<h1>` stand entities that nobody typed: the title was escaped twice."),
        "The first `<h1>` of a notice's page shows its title, as it was typed, without blanks around it.",
    )
    assert " ".join(text.split()) in read.main.seen(), "The text of the notice is shown in `<main>`, as it was typed."
    return read


def plain(read, tags):
    """Nothing that was typed has become an element of the page."""
    made = [element.tag for element in read.root.all() if element.tag in tags]
    assert made == [], (
        f"Somebody typed `<{made[0]}>`, and it became an element of the page. A `<script>` would have run in everybody's browser."
    )
    added = [f"{name} of <{element.tag}>" for element in read.root.all() for name in element.attributes if name in tags]
    assert added == [], (
        "Somebody typed a quotation mark with more behind it, and what stood behind became an attribute of an element. An "
        "`onclick` would be run in everybody's browser."
    )


def form_of(read, base="", path="/notices/new"):
    """The form of a page: its field for the title, and that for the text."""
    form = next((one for one in read.main.all("form") if one.attribute("method").lower() == "post"), None)
    assert form, 'There is no `<form method="post">` in `<main>`. Without a method, a form asks by GET.'
    title = next((field for field in form.all("input") if field.attribute("name") == "title"), None)
    text = next((field for field in form.all("textarea") if field.attribute("name") == "text"), None)
    assert title, 'The form has no `<input name="title">`.'
    assert text, 'The form has no `<textarea name="text">`.'
    leads_to = read.path(form.attribute("action"))
    assert leads_to == f"{base}/notices", told(
        (
            "action" not in form.attributes,
            "A form without an `action` is sent to the address of its own page. It is to be sent to `POST /notices`.",
        ),
        "This is the path that the form is sent to, with the root path in front if there is one.",
    )
    return title, text


def fields(read, base=""):
    """What stands in the fields of a page's form."""
    title, text = form_of(read, base)
    # A browser drops a line end right after the tag, and counts each line end as one character.
    typed = text.raw().replace("\r\n", "\n").removeprefix("\n")
    return {"title": title.attribute("value"), "text": typed}


def test_the_list_is_a_page(client, module, rng):
    """`GET /notices` is a page with the frame of `base.html` and its stylesheet. It says `No notices yet`, or shows the newest notice first, each title being a link to the notice's page."""
    response = client.get("/notices")
    read = page(response)
    assert EMPTY in read.main.seen(), f"There are no notices yet, so `<main>` is to say: {EMPTY}"
    sheets = [link.attribute("href") for link in read.root.all("link") if "stylesheet" in link.attribute("rel").lower()]
    assert sheets != [], "`base.html` links to the stylesheet `board.css`, and this page does not."
    response = client.get(read.path(sheets[0]))
    assert response.status_code == 200, (
        f"The page links to its stylesheet at `{sheets[0]}`, and nothing is served there."
    )
    file = Path(module.__file__).parent / "static" / "board.css"
    is_file = response.content == file.read_bytes() if file.is_file() else False
    assert is_file, f"What is served at `{sheets[0]}` is not the file `static/board.css`."
    expected = []
    for title in rng.shuffled(rng.names(3)):
        text = f"{rng.title(3)}."
        expected.insert(0, [title, pinned(client, title, text)])
        shown(client, expected[0][1], title, text)
        response = client.get("/notices")
        read = page(response)
        got = read.notices()
        assert got == expected, told(
            (got == expected[::-1], "The oldest notice comes first. The newest one is what people want to see."),
            (
                [path for _, path in got] == [path for _, path in expected],
                "These are the texts of the links, and where they lead. The text of each link is the title, and nothing else.",
            ),
            "These are the links in `<main>` that lead to notices: text, and path of the address.",
        )
        assert EMPTY not in read.main.seen(), "There is a notice now."


def test_posting_redirects_to_the_new_notice(client, rng):
    """`POST /notices` with a good notice answers 303 with the address of the new notice's page. Every notice has a page of its own, even if two have the same title."""
    title, other = rng.title(), rng.title()
    texts = [f"{rng.title(3)}." for _ in range(3)]
    paths = [pinned(client, f"  {title} ", texts[0]), pinned(client, other, texts[1]), pinned(client, title, texts[2])]
    assert len(set(paths)) == len(paths), (
        "Three notices were pinned up, two of them with the same title, and this is the number of different pages to which "
        "`Location` led. Each notice has one of its own."
    )
    for path, heading, text in zip(paths, (title, other, title), texts, strict=True):
        read = shown(client, path, heading, text)
        strangers = [one for one in texts if one != text and one in read.main.seen()]
        assert strangers == [], "The page of a notice shows the text of another one."
    response = client.get("/notices")
    got = page(response).notices()
    assert got == [[title, paths[2]], [other, paths[1]], [title, paths[0]]], (
        "Three notices were pinned up. These are the links to notices in `<main>`: text, and path of the address."
    )


def test_the_form_can_be_filled_in(client, rng):
    """`GET /notices/new` shows a form with the empty fields `title` and `text`, which is sent to `POST /notices`. The text may be left out."""
    for text in (None, f"{rng.title()},\r\n{rng.title()}.", ""):
        response = client.get("/notices/new")
        read = page(response)
        got = fields(read)
        assert got == {"title": "", "text": ""}, told(
            (
                not got["text"].strip() and not got["title"],
                "The text area is not quite empty: blanks or line ends between its tags stand in the field.",
            ),
            "This is what stands in the fields before anybody has typed a thing.",
        )
        assert read.alerts() == [], "Nothing has been sent yet, and the page speaks of a mistake."
        title = rng.title()
        shown(client, pinned(client, title, text), title, text or "")


def test_a_mistake_shows_the_form_again(client, rng):
    """A title that is missing, empty, blank or longer than 80 characters is answered 422 with the page of the form. What was typed stands in the fields, the mistake in an element with `role="alert"`. Nothing is stored. 80 characters are fine, and blanks around them do not count."""
    tag = f"x{rng.word()}"
    markup = f"<{tag}>{rng.word()}</{tag}> \"{rng.word()}\" '{rng.word()}' & &lt; > "
    long, longest = letters(rng, markup, 81), letters(rng, "", 80)
    title = rng.title()
    stored = [[title, pinned(client, title, rng.word())]]
    shown(client, stored[0][1], title)
    typed = f"{rng.title()} </textarea><{tag}> \"{rng.word()}\"\r\n{rng.word()} & &gt; 'x'."
    for title, what in (
        ("", "an empty title"),
        ("   ", "a title of nothing but blanks"),
        (long, "a title of 81 characters"),
        (f"  {long}", "a title of 81 characters, with blanks in front"),
        (letters(rng, "", 300), "a title of 300 characters"),
        (None, "no title"),
    ):
        for text in (typed, None):
            sent = {key: value for key, value in (("title", title), ("text", text)) if value is not None}
            response = client.post("/notices", data=sent)
            read = page(response, 422)
            got = fields(read)
            got["title"] = got["title"].strip()
            expected = {"title": (title or "").strip(), "text": (text or "").replace("\r\n", "\n")}
            assert got == expected, told(
                (
                    got == {"title": "", "text": ""},
                    "The fields are empty, and whoever made a little mistake has to type everything again.",
                ),
                (
                    bool(expected["title"]) and got["title"] != expected["title"] and got["text"] == expected["text"],
                    "This is what a browser finds in the fields. The title is not what was typed. A value can hold blanks "
                    "and quotation marks, so how does its attribute begin and end?",
                ),
                "This is what a browser finds in the fields, and it is not what was typed.",
            )
            made = [element.tag for element in read.root.all() if element.tag == tag]
            assert made == [], f"Somebody typed `<{tag}>`, and it became an element of the page instead of being shown."
            assert read.alerts() != [], (
                f'{what.capitalize()} was sent. The page is to say what is wrong, in an element with `role="alert"`.'
            )
            response = client.get("/notices")
            listed = page(response).notices()
            assert listed == stored, f"After {what} was refused: the links to notices in `<main>`, text and path."
    shown(client, pinned(client, f"  {longest}   ", rng.word()), longest)


def letters(rng, start, count):
    """A text of that many characters, without blanks at its ends or two of them in a row."""
    text = start
    while len(text) < count:
        text += f"{rng.word()} "
    text = text[:count]
    return text if not text.endswith(" ") else f"{text[:-1]}é"


def test_what_people_type_stays_text(client, rng):
    """Titles and texts are shown as they were typed, on the list and on the notice's page: markup, quotation marks, braces, entities and letters of any language."""
    expected, tags = [], []
    for number in range(4):
        tag, word = f"x{rng.word()}", rng.word()
        tags.append(tag)
        payloads = [
            f'<{tag} id="{word}">{word}</{tag}>',
            f"{word}\" {tag}='{word}' &amp; &lt;{word}&gt; & {word}",
            f"{{{{ 6 * 7 }}}} {{% {word} %}} {{# {word} #}}",
            f"{word} Grüße 猫 <{tag}",
        ]
        title, other = payloads[number], payloads[number - 1]
        text = f"{word} </p></main><{tag}>{word}</{tag}> {other}"
        path = pinned(client, title, text)
        expected.insert(0, [title, path])
        shown(client, path, title, text, tags)
    response = client.get("/notices")
    read = page(response)
    plain(read, tags)
    got = read.notices()
    assert got == expected, (
        "The links to notices in `<main>`: the text that a browser shows, and the path of the address."
    )


def test_unknown_notices_are_a_404_page(client, rng):
    """`GET /notices/{id}` with an id that no notice has, be it a number or a word, answers 404 with a page."""
    title, text = rng.title(), f"{rng.title(3)}."
    shown(client, pinned(client, title, text), title, text)
    for unknown in (rng.digits(7), rng.word(5), "-1", f"{rng.digits(1)}.5"):
        response = client.get(f"/notices/{unknown}")
        read = page(response, 404)
        assert title not in read.main.seen(), "No notice has this id, and the page shows one."


def outside(response, what, leads_to, base):
    """What is told of an address that leads out of the app."""
    host = str(response.request.url.copy_with(path="/")).rstrip("/")
    return (
        f"{what}, and from there a browser goes to `{leads_to}`. The app is reached at `{host}{base}` this time, as with "
        f"`uvicorn app:app --root-path {base}`, and all its addresses begin with that."
    )


def test_links_follow_the_address(app, client_for, rng):
    """Served under a root path, and under any host name, every link, the form's action, the stylesheet and `Location` begin with the address under which the app is reached."""
    base, host = f"/{rng.word()}/{rng.word()}", f"https://{rng.word()}.example"
    client = client_for(app, base_url=host, root_path=base)
    title = rng.title()
    response = client.post(f"{base}/notices", data={"title": title})
    location = response.headers.get("location", "")
    assert response.status_code == 303, "A good notice was sent, to an app that is served under a root path."
    got = urljoin(str(response.request.url), location)
    assert got.startswith(f"{host}{base}/notices/"), outside(response, f"`Location` is `{location}`", got, base)
    path = urlsplit(got).path
    pages = (
        (f"{base}/notices", 200, client.get(f"{base}/notices")),
        (path, 200, client.get(path)),
        (f"{base}/notices/new", 200, client.get(f"{base}/notices/new")),
        (f"{base}/notices/{rng.word(5)}", 404, None),
        ("POST", 422, client.post(f"{base}/notices", data={"title": ""})),
    )
    for where, status, answer in pages:
        response = client.get(where) if answer is None else answer
        read = page(response, status)
        for address in read.addresses():
            leads_to = read.leads_to(address)
            assert leads_to.startswith(f"{host}{base}/"), outside(
                response, f"On this page is `{address}`", leads_to, base
            )
        if where in (f"{base}/notices/new", "POST"):
            form_of(read, base)
        if where == f"{base}/notices":
            got = read.notices(base)
            assert got == [[title, path]], "The links to notices in `<main>`: text, and path of the address."


@pytest.fixture
def elsewhere(environment, monkeypatch, tmp_path):
    """Another working directory, before the app is imported."""
    monkeypatch.chdir(tmp_path)


def test_templates_are_found_from_anywhere(elsewhere, client, rng):
    """Templates and static files are found even if the app is started from another working directory."""
    for method, path, status in (("GET", "/notices", 200), ("GET", "/notices/new", 200), ("POST", "/notices", 422)):
        response = client.request(method, path)
        assert response.status_code == status, told(
            (
                response.status_code == 500,
                "The app runs in another working directory than that of its files, and this page does not come. Relative to "
                "what are its templates looked for?",
            ),
        )
        read = page(response, status)
    sheets = [link.attribute("href") for link in read.root.all("link")]
    assert sheets != [], "`base.html` links to the stylesheet `board.css`, and this page does not."
    response = client.get(read.path(sheets[0]))
    assert response.status_code == 200, "Where are the static files looked for?"
    title = rng.title()
    shown(client, pinned(client, title), title)
