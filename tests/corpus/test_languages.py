import pytest

from corpus.languages import detected, language_of
from corpus.readers import MEDIA_TYPES
from corpus.reading import document_from_bytes
from tests.corpus.office_files import docx, p

_TEXTS = {
    "en": "Take the tablet three times a day with food. Never stop it suddenly, and tell your "
    "nurse if your legs feel weaker or if you are drowsy during the day.",
    "da": "Tag tabletten tre gange om dagen sammen med mad. Stop aldrig pludseligt, og sig det "
    "til din sygeplejerske, hvis dine ben føles svagere, eller hvis du er døsig om dagen. Drik "
    "rigeligt vand, og spørg på apoteket, hvis du ikke ved, hvor meget du må tage ad gangen.",
    "es": "Tome la pastilla tres veces al día con comida. No la deje nunca de golpe y avise a su "
    "enfermera si siente las piernas más débiles o si tiene sueño durante el día.",
    "cy": "Cymerwch y dabled dair gwaith y dydd gyda bwyd. Peidiwch byth â rhoi'r gorau iddi yn "
    "sydyn, a dywedwch wrth eich nyrs os yw eich coesau'n teimlo'n wannach.",
}


@pytest.mark.parametrize("language", _TEXTS)
def test_a_few_sentences_tell_their_language(language: str) -> None:
    """A short leaflet is enough, and asking twice gives the same."""
    assert detected(_TEXTS[language]) == detected(_TEXTS[language]) == language


@pytest.mark.parametrize("text", ["", "Baclofen 5 mg", "Take the tablet.", "5 mg | 10 mg\n" * 80])
def test_little_evidence_is_no_language(text: str) -> None:
    """A few words, or columns of doses, could be in any."""
    assert detected(text) is None


@pytest.mark.parametrize("ending", [".docx", ".odt", ".rtf", ".pdf"])
def test_a_language_that_a_program_filled_in_gives_way(ending: str) -> None:
    """A Spanish leaflet from an English Word is Spanish; what is not plain stays as declared."""
    media_type = MEDIA_TYPES[ending]
    assert language_of(_TEXTS["es"], "en-US", media_type) == "es"
    assert language_of(_TEXTS["es"], "es-MX", media_type) == "es-MX"
    assert language_of(_TEXTS["da"], "nb-NO", media_type) == "nb-NO"  # too alike to overrule
    assert language_of("Baclofen 5 mg", "en-US", media_type) == "en-US"
    assert language_of(_TEXTS["cy"], None, media_type) == "cy"


@pytest.mark.parametrize("ending", [".html", ".md", ".epub"])
def test_a_language_that_somebody_wrote_down_wins(ending: str) -> None:
    """In a page's head or front matter a language stands because an author put it there."""
    assert language_of(_TEXTS["es"], "ca", MEDIA_TYPES[ending]) == "ca"
    assert language_of(_TEXTS["es"], None, MEDIA_TYPES[ending]) == "es"


def test_a_document_has_its_language_wherever_it_was_read() -> None:
    """The process that reads a file may write nothing, not even the model's temporary file."""
    text = document_from_bytes(_TEXTS["da"].encode(), "a.txt", "text/plain")
    assert text.attributes.language == "da"
    word = docx(p(_TEXTS["es"], "", '<w:lang w:val="en-US"/>'))
    assert document_from_bytes(word, "a.docx", MEDIA_TYPES[".docx"]).attributes.language == "es"
