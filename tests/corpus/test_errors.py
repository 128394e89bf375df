from corpus.errors import CorpusError, PathError, Reason, UnreadableError


def test_one_base_covers_every_fault_in_documents() -> None:
    """Who catches CorpusError catches the whole tree that the module draws."""
    assert issubclass(PathError, CorpusError)
    assert issubclass(UnreadableError, CorpusError)


def test_an_unreadable_document_says_why_in_a_word_and_in_a_sentence() -> None:
    """The reason is for machines, the message for people."""
    error = UnreadableError(Reason.EMPTY, "the file is empty")
    assert (error.reason, str(error)) == ("empty", "the file is empty")


def test_reasons_are_single_words_for_machines() -> None:
    """A reason's value is its name in lower case, so that a report can be counted by it."""
    assert all(reason.value == reason.name.lower() for reason in Reason)
