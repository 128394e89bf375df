from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from selectolax.lexbor import LexborHTMLParser

from service import answering
from service.answering import Question
from service.pages.words import ENGLISH
from tests.service.pages.conftest import Search, first

Scored = Callable[[str], None]

SPASM = "What can bring on a spasm?"


def page(client: TestClient, address: str, status: int = 200, **query: str) -> LexborHTMLParser:
    """Get a page, check that it is one, and parse it."""
    response = client.get(address, params=query or None)
    assert response.status_code == status
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return LexborHTMLParser(response.text)


def text(tree: LexborHTMLParser, selector: str) -> str:
    """Return the text of the one element that a selector finds, white space collapsed."""
    (found,) = tree.css(selector)
    return " ".join(found.text().split())


def test_the_front_page_says_what_it_quotes_from(leaflets: TestClient) -> None:
    """The front page has one search box, and says how many documents it quotes from."""
    tree = page(leaflets, "/")
    assert text(tree, "h1") == "Search the documents"
    assert text(tree, ".notice") == "Quotes from 2 documents. Not advice about you."
    (form,) = tree.css("form[role=search]")
    assert (form.attributes["method"], form.attributes["action"]) == ("get", "/search")
    assert text(tree, "label[for=q]") == "Your question"
    assert first(tree, "#q").attributes["name"] == "q"


def test_one_document_is_not_called_documents(search: Search) -> None:
    """The count of documents is in the singular for one."""
    tree = page(search(**{"one.txt": "A full bladder can bring on a spasm."}), "/")
    assert text(tree, ".notice") == "Quotes from 1 document. Not advice about you."


def test_an_empty_service_says_so(search: Search) -> None:
    """With nothing indexed, the front page and an answer say that there is nothing to search."""
    client = search()
    assert text(page(client, "/"), ".notice") == ENGLISH.nothing_indexed
    assert text(page(client, "/search", q=SPASM), "[role=status]") == ENGLISH.nothing_indexed


def test_an_answer_quotes_first(leaflets: TestClient, every_score_is: Scored) -> None:
    """An answer shows the best quote first, with its title, section, line and link."""
    every_score_is("high")
    tree = page(leaflets, "/search", q="A full bladder can bring on a spasm")
    assert "passages found" in text(tree, "[role=status]")
    quotes = tree.css("blockquote")
    best = quotes[0]
    assert best.text().strip() == "A full bladder can bring on a spasm."
    assert len(quotes) > 1
    link = first(tree, ".best a.read").attributes["href"]
    assert link is not None
    assert link.startswith("/documents/spasms-")
    assert best.attributes["cite"] == link
    assert text(tree, ".best .source") == "Source: Living with spasms, line 7"
    assert text(tree, ".best .path") == "Section: What brings them on?"
    assert text(tree, ".best .measured").startswith("Confidence: high; in these tests 94")
    assert tree.css(".box ~ h1")
    assert first(tree, "#q").attributes["value"] == "A full bladder can bring on a spasm"


def test_every_quote_is_marked_in_its_context(leaflets: TestClient, every_score_is: Scored) -> None:
    """Each passage shows its quote in the text around it, marked, and announced as such."""
    every_score_is("high")
    tree = page(leaflets, "/search", q=SPASM)
    figures = tree.css(".passage")
    assert figures
    for figure in figures:
        quote = first(figure, "blockquote p").text()
        for context in figure.css(".context"):
            assert first(context, "mark").text() == quote
            assert first(context, ".unseen").text() == "Matching text: "


def test_another_place_is_listed_with_its_link(
    leaflets: TestClient, every_score_is: Scored
) -> None:
    """A sentence that stands in two documents is shown once, with a link to the other place."""
    every_score_is("high")
    tree = page(leaflets, "/search", q="Tight shoes can bring on a spasm")
    details = [one for one in tree.css(".best details") if "Also in" in one.text()]
    assert len(details) == 1
    assert " ".join(first(details[0], "summary").text().split()) == "Also in 1 other place"
    places = {first(tree, ".best a.read").attributes["href"]}
    places |= {link.attributes["href"] for link in details[0].css("a")}
    documents = {str(place).split("#")[0] for place in places}
    assert {address.rpartition("/")[2].split("-")[0] for address in documents} == {
        "spasms",
        "steps",
    }
    for place in places:
        address, _, fragment = str(place).partition("#")
        target = fragment.split(":~:")[0]
        found = first(page(leaflets, address), f"#{target}")
        assert found.text() == "Tight shoes can bring on a spasm."


def test_an_uncertain_answer_warns(leaflets: TestClient, every_score_is: Scored) -> None:
    """Low confidence is said in words, before the first quote."""
    every_score_is("low")
    response = leaflets.get("/search", params={"q": SPASM})
    tree = LexborHTMLParser(response.text)
    assert text(tree, "[role=status] .statement") == "Important: This may not answer your question."
    assert response.text.index("may not answer") < response.text.index("<blockquote")
    assert "60 of 100" in text(tree, ".measured")


def test_no_answer_is_not_a_no(leaflets: TestClient, every_score_is: Scored) -> None:
    """Without an answer the page quotes nothing, says what that means, and whom to ask."""
    every_score_is("none")
    tree = page(leaflets, "/search", q="What is the capital of France?")
    status = text(tree, "[role=status]")
    assert "Nothing in these documents answers this." in status
    assert "That does not mean the answer is no." in status
    assert "Ask your nurse, doctor or pharmacist." in text(tree, "ul.next")
    assert "use your local urgent or emergency service" in text(tree, "ul.next")
    assert not tree.css("blockquote, mark, .passage")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "Write a question to search for."),
        (" \n\u200b\x00 ", "Write a question to search for."),
        ("?! …", "Write the question in words; there was no word in it."),
        ("long " * 300, "Shorten the question to 1,000 characters; it has 1,499."),
    ],
)
def test_a_question_at_fault_is_told_beside_its_field(
    leaflets: TestClient, question: str, message: str
) -> None:
    """What is wrong with a question is said in a summary and beside the field, which keeps it."""
    tree = page(leaflets, "/search", status=422, q=question)
    assert text(tree, "[role=alert] a[href='#q']") == message
    assert text(tree, "#q-fault") == f"Error: {message}"
    field = first(tree, "#q")
    assert "q-fault" in str(field.attributes["aria-describedby"]).split()
    assert field.attributes["aria-invalid"] == "true"
    assert field.attributes["value"] == " ".join(question.replace("\u200b\x00", "").split())
    assert text(tree, "title").startswith("Error: ")


def test_an_address_without_a_question_is_no_fault(leaflets: TestClient) -> None:
    """/search without a question is the search box."""
    assert not page(leaflets, "/search").css("[role=alert], #q-fault")


def test_a_thousand_characters_are_a_question(leaflets: TestClient) -> None:
    """The longest question is searched for, white space around it not counted."""
    page(leaflets, "/search", q=f"  {'spasm ' * 166}four  ")


@pytest.mark.parametrize("question", ["spasm\x00\x1b[2J", "\u202espasm\u202c", "تشنج spasm"])
def test_any_characters_may_be_asked(leaflets: TestClient, question: str) -> None:
    """Control characters become spaces; text of either direction decides its own direction."""
    response = leaflets.get("/search", params={"q": question})
    assert response.status_code == 200
    assert "\x00" not in response.text
    assert "\x1b" not in response.text
    tree = LexborHTMLParser(response.text)
    for selector in ("#q", "h1", "blockquote", ".context"):
        assert all(one.attributes["dir"] == "auto" for one in tree.css(selector))


def test_bytes_that_are_no_text_are_answered(leaflets: TestClient) -> None:
    """A question that is not UTF-8 is a page, not a fault of the server."""
    assert leaflets.get("/search?q=%ff%fespasm").status_code == 200


def test_no_title_holds_the_question(leaflets: TestClient, every_score_is: Scored) -> None:
    """A page's title stays in histories and on screens: the question is not in it."""
    for bucket in ("high", "low", "none"):
        every_score_is(bucket)
        title = text(page(leaflets, "/search", q="canary spasm"), "title")
        assert "canary" not in title
        assert "Pincite" in title
    assert "canary" not in text(page(leaflets, "/search", status=422, q="canary " * 200), "title")


def test_what_is_asked_and_quoted_is_text(search: Search, every_score_is: Scored) -> None:
    """Markup in a title, a file's name, a document or a question is shown as it is written."""
    every_score_is("high")
    attack = "<script>alert('spasm')</script>"
    shown = attack.replace("&", "&amp;").replace("<", "&lt;")
    client = search(
        **{
            "page.html": f"<title>{shown}</title><h1>{shown}</h1><p>A spasm {shown} ends.</p>",
            '"><img src=x onerror=alert(1)>.txt': f"A spasm {attack} ends, and another one.\n",
        }
    )
    addresses = ["/search?q=" + "%3Cscript%3Ealert('spasm')%3C/script%3E%22%20onfocus=%22x"]
    found = page(client, addresses[0])
    addresses += [str(link.attributes["href"]) for link in found.css("a.read")]
    assert len({address.split("#")[0] for address in addresses}) == 3
    for address in addresses:
        tree = page(client, address)
        assert not tree.css(
            "script:not([src^='/static/']), img, [onfocus], [onerror], style, [style]"
        )
        assert attack in (tree.body.text() if tree.body else "")


def test_pages_take_nothing_from_elsewhere(leaflets: TestClient) -> None:
    """No page has a script or a style in itself, or an address of another host."""
    spasms = first(page(leaflets, "/search", q=SPASM), "a.read").attributes["href"]
    for address in ("/", f"/search?q={SPASM}", str(spasms), "/nowhere"):
        source = leaflets.get(address).text
        assert source.count("<script") == source.count('<script type="module" src="/static/')
        assert not [one for one in LexborHTMLParser(source).css("script") if one.text()]
        assert "<style" not in source
        assert " style=" not in source
        assert "http://" not in source
        assert "https://" not in source
    sheet = leaflets.get("/static/pincite.css")
    assert sheet.status_code == 200
    assert "://" not in sheet.text
    assert "@import" not in sheet.text
    assert leaflets.get("/static/pincite.svg").headers["content-type"] == "image/svg+xml"


def test_headers_keep_a_page_private(leaflets: TestClient) -> None:
    """A page is not stored, not framed, not indexed, and sends nobody the address it was at."""
    response = leaflets.get("/search", params={"q": SPASM})
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert '<meta name="robots" content="noindex">' in response.text


def test_an_address_without_a_page_says_so(leaflets: TestClient) -> None:
    """A 404 is a page for a person, with a way on, and problem+json for a machine."""
    for address in ("/nowhere", "/documents/none"):
        tree = page(leaflets, address, status=404)
        assert text(tree, "h1") == "Not found"
        assert tree.css("main a[href='/']")
        problem = leaflets.get(address, headers={"accept": "application/json"})
        assert problem.headers["content-type"] == "application/problem+json"


def test_a_fault_of_ours_has_a_reference(
    leaflets: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 500 repeats nothing of the question, and gives the request's id for a report."""

    def fails(library: object, question: Question) -> None:
        raise ValueError(question.text)

    monkeypatch.setattr(answering, "answer", fails)
    response = leaflets.get(
        "/search", params={"q": "canary"}, headers={"x-request-id": "the-request"}
    )
    assert response.status_code == 500
    assert "canary" not in response.text
    assert "the-request" in text(LexborHTMLParser(response.text), ".measured")


def test_a_misspelt_question_is_suggested_mended(leaflets: TestClient) -> None:
    """The suggestion is a link to the search for it, above what was found."""
    tree = page(leaflets, "/search", q="what can bring on a spasmm")
    (link,) = tree.css("p.meant a")
    assert link.text() == "what can bring on a spasm"
    assert link.attributes["href"] == "/search?q=what%20can%20bring%20on%20a%20spasm"
