"""Every visible word of the administrator's pages."""
# ruff: noqa: RUF009 - Counted is frozen

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from service.pages.words import Counted


@dataclass(frozen=True, slots=True)
class AdminWords:
    """The words; text in braces is filled in where it is shown."""

    title: str = "Administration"
    back: str = "Administration"
    collections: str = "Collections"
    no_collection: str = "Nothing is indexed yet. Add the first documents below."
    documents: str = "Documents"
    sentences: str = "Sentences"
    build: str = "Published build"
    made: str = "Made"
    encoder: str = "Encoder"
    age: Counted = Counted("1 day ago", "{n} days ago")
    today: str = "today"
    skipped: str = "Skipped files"
    not_open: str = "The published build {build} cannot be opened; an earlier one still answers."
    upload: str = "Add or replace documents"
    upload_hint: str = (
        "A file with the name of a document replaces it. At most {files} files at once, "
        "together at most {megabytes} MB. They can be found as soon as the next page is shown."
    )
    files: str = "Files"
    into: str = "Collection"
    into_hint: str = "A new name of a to z, 0 to 9, - and _ makes a new collection."
    send: str = "Upload"
    builds: str = "Kept builds"
    builds_hint: str = "Each change makes a new build. The older ones are kept, to go back to."
    published: str = "Published"
    go_back: str = "Go back to this build"
    unreadable: str = "cannot be read"
    prune: str = "Delete old builds"
    keep: str = "How many of the newest to keep"
    reviewed: str = "Last reviewed {day}"
    due: str = "Next review due {day}"
    overdue: str = "Review overdue"
    no_review: str = "No review date"
    read: str = "Read"
    original: str = "Original file"
    remove: str = "Remove"
    previous: str = "Earlier documents"
    following: str = "More documents"
    no_skipped: str = "No file was skipped."
    cancel: str = "Cancel"

    # Questions that nothing answered
    unanswered: str = "Questions without an answer"
    unanswered_off: str = (
        "Nothing of a question is kept. PINCITE_KEEP_QUESTIONS=redacted keeps, without names and "
        "numbers as far as they can be found, what several people asked and nothing answers."
    )
    unanswered_none: str = (
        "There is none that at least {callers} callers asked in the same month. What fewer asked "
        "is neither shown nor counted."
    )
    unanswered_lead: str = (
        "Each was asked by at least {callers} callers in one month. They show which documents are "
        "missing. What fewer asked is neither shown nor counted."
    )
    unanswered_unreadable: str = "They cannot be read; the log says why."
    callers: Counted = Counted("1 caller", "{n} callers")
    told: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType(
            {"no_answer": "no answer", "low_confidence": "only an uncertain answer"}
        )
    )

    # Checks
    check: str = "Check"
    check_title: str = "Check of all promises"
    check_lead: str = (
        "Reads every file, quote and vector on disk and says what is not as it should be. It "
        "changes nothing, and answers go on meanwhile."
    )
    check_now: str = "Check now"
    check_again: str = "Check again"
    check_last: str = "The last check"
    check_none: str = "It has not been checked since this service was started."
    check_running: str = "The check is under way since {time}. Large collections take minutes."
    check_look: str = "Look again"
    check_sound: str = "Everything is as it should be."
    check_unsound: Counted = Counted("1 thing is not as it should be.", "{n} things are not.")
    check_fault: str = "It could not be checked: {fault}"
    check_ended: str = "Checked at {time}, in {seconds}."
    seconds: Counted = Counted("1 second", "{n} seconds")
    good: str = "In order"
    bad: str = "Fault"
    mend: str = "To mend it: {mend}"
    promises: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType(
            {
                "model": "The model is the one that was tested",
                "build": "A build is as it was written",
                "quotes and places": "Every quote stands in its document, word for word",
                "quotes": "Every quote stands in its document, word for word",
                "places": "Line, section and page of every quote are right",
                "vectors": "Every passage can be found by its meaning",
                "lexical index": "Every passage can be found by its words",
                "rules": "Sentences were made by the present rules",
                "search": "It answers",
                "originals": "Every document can be read again from its own file",
                "CURRENT": "The build that answers is there",
            }
        )
    )

    # Confirmations
    activate_title: str = "Go back to this build?"
    activate_lead: str = "Build {build} will answer from then on. The present one is kept."
    comes_back: Counted = Counted("1 document comes back", "{n} documents come back")
    goes: Counted = Counted("1 document goes", "{n} documents go")
    reads_otherwise: Counted = Counted(
        "1 document reads as it did then", "{n} documents read as they did then"
    )
    nothing_changes: str = "It holds the same documents."
    prune_title: str = "Delete old builds?"
    prune_lead: str = "They cannot be gone back to afterwards. The published build stays."
    prune_none: str = "There is no build to delete."
    deleted: Counted = Counted("1 build is deleted", "{n} builds are deleted")
    remove_title: str = "Remove this document?"
    remove_lead: str = (
        "No search, list or page shows it any more. Kept builds still hold it, and going back to "
        "one brings it back. Where its folder is indexed again, it is back as well."
    )
    erase: str = "Erase it everywhere"
    erase_hint: str = (
        "Also deletes every kept build that holds it, and its file. This cannot be undone."
    )

    # Outcomes
    uploaded: str = "Upload"
    uploaded_text: str = "What became of each file:"
    removed: str = "Removed"
    removed_text: str = "The document is no longer found. Build {build} is published."
    erased_text: str = "The document is erased from this service. Build {build} is published."
    activated: str = "Published"
    activated_text: str = "Build {build} answers now."
    pruned: str = "Old builds deleted"
    forgotten: str = "What came of this change is no longer kept."
    added: str = "Added"
    replaced: str = "Replaced"
    unchanged: str = "Unchanged"
    refused: str = "Refused"
    to_collection: str = "To the collection {name}"

    def ago(self, days: int) -> str:
        """Return how long ago something was made."""
        return self.age.of(days) if days else self.today

    def promise(self, what: str) -> str:
        """Return which promise a check's finding is about, in words."""
        kind = what.partition(": ")[2] or what
        return self.promises.get("build" if kind.startswith("build ") else kind, kind)


ADMIN_ENGLISH = AdminWords()
