"""Every visible word of the pages, in one language; a translation is another `Words`.

Templates hold no words of their own. Text in braces is filled in by the template that shows it.
The words that say how sure an answer is are measured, and come from service/confidence.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal, NamedTuple

Fault = Literal["empty", "too_short", "too_long"]
"""Why a question cannot be searched for."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Words for one, and for any other number, of something."""

    one: str
    many: str

    def of(self, n: int) -> str:
        """Return the words for `n`, with the number in them."""
        return (self.one if n == 1 else self.many).format(n=f"{n:,}")


class ErrorWords(NamedTuple):
    """What an error page says: what happened, and what to do now."""

    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Words:
    """The words; the defaults are the English ones."""

    lang: str = "en"
    direction: Literal["ltr", "rtl"] = "ltr"
    product: str = "Pincite"
    skip: str = "Skip to main content"

    # What this is, and what it is not
    quotes_from: Counted = Counted(
        "Quotes from 1 document. Not advice about you.",
        "Quotes from {n} documents. Not advice about you.",
    )
    nothing_indexed: str = "There are no documents to search yet."

    # The search box
    front_title: str = "Search the documents"
    lead: str = "Ask a question. The documents' own sentences answer it."
    question: str = "Your question"
    hint: str = "A few words or a whole question. Please leave out names and personal details."
    search: str = "Search"
    fault_title: str = "There is a problem"
    fault_prefix: str = "Error:"
    faults: Mapping[Fault, str] = field(
        default_factory=lambda: MappingProxyType(
            {
                "empty": "Write a question to search for.",
                "too_short": "Write the question in words; there was no word in it.",
                "too_long": "Shorten the question to {longest} characters; it has {length}.",
            }
        )
    )

    suggestions: str = "Suggestions"
    suggested: Counted = Counted(
        "1 suggestion; choose it with the arrow keys",
        "{n} suggestions; choose with the arrow keys",
    )
    none_suggested: str = "No suggestions"

    # Urgent help
    urgent_prefix: str = "Urgent help:"
    call: str = "Call {phone}"

    # What a reader says of an answer
    helpful: str = "Did this help you?"
    yes: str = "Yes"
    no: str = "No"
    helpful_kept: str = "Only yes or no is kept, never your question."
    thanks_title: str = "Thank you"
    thanks: str = "Thank you. Your answer has been counted."

    # The answer
    answered_title: str = "Answer"
    answered: Counted = Counted(
        "1 passage found in the documents.",
        "{n} passages found in the documents, the best first.",
    )
    low_title: str = "Uncertain answer"
    low_prefix: str = "Important:"
    low: str = "This may not answer your question."
    low_detail: str = (
        "These passages came closest. Read them in their documents, and ask your nurse, doctor "
        "or pharmacist if you are not sure."
    )
    no_answer_title: str = "No answer"
    no_answer: str = "Nothing in these documents answers this."
    no_answer_caution: str = "That does not mean the answer is no."
    what_next: str = "What you can do"
    ask_a_person: str = "Ask your nurse, doctor or pharmacist."
    other_words: str = "Try again with other words, or with fewer."
    urgent: str = "If it cannot wait, use your local urgent or emergency service."
    did_you_mean: str = "Did you mean:"
    searched_instead: str = "Nothing was found for the words as typed. These were searched instead:"
    also_searched: str = "Also searched for:"
    best_passage: str = "The best passage"
    further: str = "Further passages"
    source: str = "Source:"
    section: str = "Section:"
    line: str = "line {line}"
    page: str = "page {page}"
    read_it: str = "Read it in the document"
    around: str = "The text around it"
    matching: str = "Matching text:"
    also_in: Counted = Counted("Also in 1 other place", "Also in {n} other places")
    also_more: Counted = Counted("and 1 more", "and {n} more")
    nearly: str = "in nearly the same words"

    # When a document was reviewed
    months: tuple[str, ...] = (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    )
    day: str = "{day} {month} {year}"
    last_reviewed: str = "Last reviewed {day}"
    next_review_due: str = "Next review due {day}"
    overdue_prefix: str = "Important:"
    overdue: str = "This document should have been reviewed by {day}. It may be out of date."
    confidence: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType(
            {
                "high": "Confidence: high",
                "medium": "Confidence: medium",
                "low": "Confidence: low",
                "none": "How sure this is",
            }
        )
    )

    # The reader
    back: str = "Search the documents"
    file: str = "File: {name}"
    sentences: Counted = Counted("1 sentence", "{n} sentences")
    lines: str = "The small numbers count the lines of the document's text."
    table: str = "Table"
    page_mark: str = "Page {page}"
    original: str = "Original file"
    original_page: str = "Page {page} of the original file"

    # Errors
    errors: Mapping[int, ErrorWords] = field(
        default_factory=lambda: MappingProxyType(
            {
                401: ErrorWords(
                    "A key is needed",
                    "Ask the people who run this service for one. Any name will do; the key is the "
                    "password.",
                ),
                403: ErrorWords(
                    "Not allowed",
                    "Your key does not open this page.",
                ),
                404: ErrorWords(
                    "Not found",
                    "There is nothing at this address. A document that was here may have been "
                    "removed.",
                ),
                422: ErrorWords(
                    "This cannot be answered",
                    "Something in the address is not as it should be.",
                ),
                429: ErrorWords(
                    "Too many requests",
                    "Please wait a minute, then try again.",
                ),
                500: ErrorWords(
                    "Something went wrong",
                    "The fault is ours. Please try again; if it stays, tell the people who run "
                    "this service.",
                ),
                503: ErrorWords(
                    "Not available at the moment",
                    "The documents cannot be searched now. Please try again in a few minutes.",
                ),
            }
        )
    )
    reference: str = "Reference for a report:"

    def written(self, day: date) -> str:
        """Return a day in words."""
        return self.day.format(day=day.day, month=self.months[day.month - 1], year=day.year)

    def late(self, due: date) -> str:
        """Return the warning of a document that should have been reviewed by a day."""
        return f"{self.overdue_prefix} {self.overdue.format(day=self.written(due))}"


ENGLISH = Words()
