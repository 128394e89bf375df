"""What every encoder owes. Encoders inherit it in test_encoders, overriding one fixture."""

import numpy as np
import pytest

from index.encoders.protocol import Encoder

TOLERANCE = 1e-5
TEXTS = (
    "These spasms usually last 60 to 90 seconds.",
    "Take 5 mg of baclofen three times a day.",
    "hello world",
    "Ring the ward \N{TELEPHONE RECEIVER} if the cafe\N{COMBINING ACUTE ACCENT} is shut.",
    "?!",
)


class EncoderContract:
    """Inherited by one class an encoder, which overrides `encoder`."""

    @pytest.fixture
    def encoder(self) -> Encoder:
        """Return the encoder under test."""
        raise NotImplementedError

    def test_rows_are_of_unit_length_and_of_the_promised_shape_and_type(
        self, encoder: Encoder
    ) -> None:
        """Passages and questions alike: float32, C-contiguous, (n, dim), unit length."""
        for vectors in (encoder.encode_passages(TEXTS), encoder.encode_questions(TEXTS)):
            assert vectors.shape == (len(TEXTS), encoder.dim)
            assert vectors.dtype == np.float32
            assert vectors.flags.c_contiguous
            np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=TOLERANCE)

    def test_the_same_text_has_the_same_vector(self, encoder: Encoder) -> None:
        """Encoding twice gives equal bits."""
        np.testing.assert_array_equal(
            encoder.encode_passages(TEXTS), encoder.encode_passages(TEXTS)
        )

    def test_no_texts_give_no_rows(self, encoder: Encoder) -> None:
        """An empty list gives (0, dim)."""
        assert encoder.encode_passages([]).shape == (0, encoder.dim)
        assert encoder.encode_questions([]).shape == (0, encoder.dim)

    def test_company_does_not_change_a_vector(self, encoder: Encoder) -> None:
        """A text alone, and beside much longer ones, has the same vector within 1e-5."""
        long = ["word " * 100 + str(number) for number in range(40)]
        together = encoder.encode_passages([*TEXTS, *long])[: len(TEXTS)]
        alone = np.vstack([encoder.encode_passages([text]) for text in TEXTS])
        np.testing.assert_allclose(together, alone, atol=TOLERANCE)

    def test_like_texts_are_nearer_than_others(self, encoder: Encoder) -> None:
        """A sentence is nearer to its own words put otherwise than to another sentence."""
        one, like, other = encoder.encode_passages(
            ["These spasms last 90 seconds.", "The spasms last for 90 seconds.", "Drink water."]
        )
        assert float(one @ like) > float(one @ other)

    def test_equal_names_mean_equal_vectors(self, encoder: Encoder) -> None:
        """Name, dim and weights hash are plain values that a manifest can hold."""
        assert encoder.name
        assert encoder.dim > 0
        assert all(character in "0123456789abcdef+" for character in encoder.weights_sha256)
