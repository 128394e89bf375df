import pytest

from corpus.detection import detected

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
