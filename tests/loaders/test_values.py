"""Text, numbers and web addresses: exact, or refused with a sentence."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from eclod_loaders.values import texts
from eclod_loaders.values.texts import Unreadable

EXACT = [
    ("15.414.794", ["da_DK"], "15414794"),
    ("€544,310", ["en_MT"], "544310"),
    ("1.386.614,00 €", ["fr_LU"], "1386614"),
    ("472.900,00€", ["fr_LU"], "472900"),
    ("492087,75", ["fr_LU"], "492087.75"),
    ("1 234 567,5", ["cs_CZ"], "1234567.5"),
    ("1\u202f234,5", ["fr_FR"], "1234.5"),
    ("1’234.50", ["de_CH"], "1234.5"),
    ("1'234.50", ["de_CH"], "1234.5"),
    ("50%", ["da_DK"], "0.5"),
    ("12,5 %", ["da_DK"], "0.125"),
    ("-3,5", ["da_DK"], "-3.5"),
    ("\u22123,5", ["da_DK"], "-3.5"),
    ("007", ["en"], "7"),
    ("0,00", ["da_DK"], "0"),
    ("123456789012345678901234567890,12", ["da_DK"], "123456789012345678901234567890.12"),
    ("1234", ["da_DK", "en"], "1234"),
]

NO_NUMBER = [
    ("288.11", ["fr_LU"]),
    ("1.23.456", ["da_DK"]),
    ("1,234,56", ["en"]),
    ("12.34.567", ["da_DK"]),
    ("$5", ["en"]),
    ("5 000", ["da_DK"]),
    ("(45%)", ["fr_LU"]),
    ("1e5", ["en"]),
    ("٣", ["en"]),
    ("", ["en"]),
    ("12,", ["da_DK"]),
    ("n/a", ["en"]),
    ("5 kg", ["en"]),
]


@pytest.mark.parametrize(("text", "locales", "expected"), EXACT)
def test_numbers_are_exact(text: str, locales: list[str], expected: str) -> None:
    assert texts.plain(texts.number(text, locales, ["€"])) == expected


@pytest.mark.parametrize(("text", "locales"), NO_NUMBER)
def test_what_is_no_number_is_refused(text: str, locales: list[str]) -> None:
    with pytest.raises(Unreadable) as refused:
        texts.number(text, locales, ["€"])
    assert refused.value.rule == "number"
    assert text in refused.value.message
    assert refused.value.message.endswith("mapping.")


def test_a_number_that_may_be_two_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"'1\.234' may be 1234 \(da_DK\) or 1\.234 \(en\)"):
        texts.number("1.234", ["da_DK", "en"])


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12),
    st.sampled_from(["da_DK", "fr_FR", "cs_CZ", "de_CH", "en", "nl_BE", "pl_PL", "sv_SE"]),
)
def test_numbers_survive_being_written_in_any_locale(number: Decimal, locale: str) -> None:
    written = format_decimal(number, locale=locale, decimal_quantization=False)
    assert texts.number(written, [locale]) == number


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_plain_is_the_same_number_in_canonical_form(number: Decimal) -> None:
    text = texts.plain(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))


def test_unknown_locale_is_said() -> None:
    with pytest.raises(ValueError, match="there is no locale 'dk_DA'"):
        texts.check_locale("dk_DA")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Vækst 2.0 ", "Vækst 2.0"),
        ("A\u030arhus", "Århus"),
        ("Sewage System\t\t\t\t", "Sewage System"),
        ("Ministry for\xa0the Economy,\xa0 Investment", "Ministry for the Economy, Investment"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a \n\n\n\n b", "a\n\nb"),
        ("soft\u00adhyphen\u200b", "softhyphen"),
        ("bell\x07", "bell"),
        ("\uf0a7 bullet", "bullet"),
        ("", ""),
    ],
)
def test_text_is_cleaned(text: str, expected: str) -> None:
    assert texts.clean(text) == expected


@pytest.mark.parametrize(
    "text", ["Dioceseâ\x80\x99s", "fÃ¸devare", "itâ€™s", "broken \ufffd", "\x8a", "half \ud800", "Â°"]
)
def test_text_of_a_wrong_encoding_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="wrong encoding") as refused:
        texts.clean(text)
    assert refused.value.rule == "encoding"


@pytest.mark.parametrize("text", ["GÂTEAU", "SÃO", "château", "Ñandú", "naïve", "Țară", "ROMÂNIA"])
def test_letters_that_mojibake_also_has_are_kept(text: str) -> None:
    assert texts.clean(text) == text


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        once = texts.clean(text)
    except Unreadable:
        return
    assert texts.clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(sign) == "Cc" for sign in once if sign != "\n")
    assert once == once.strip()


def test_slug() -> None:
    assert texts.slug("Local Real Estate, Construction, and Development") == (
        "local-real-estate-construction-and-development"
    )
    assert texts.slug("Énergie & Co.") == "energie-co"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("www.ipossoft.cz", "http://www.ipossoft.cz"),
        ("xport.vse.cz/english", "http://xport.vse.cz/english"),
        (" http://www.alfapet.cz ", "http://www.alfapet.cz"),
        ("http:// www.stoplast.cz", "http://www.stoplast.cz"),
        ("HTTPS://WWW.Example.ORG/Path", "https://www.example.org/Path"),
        ("http://www.xn--bcher-kva.example:8080/a?b=c#d", "http://www.xn--bcher-kva.example:8080/a?b=c#d"),
        ("https://www.žďár.cz/město", "https://www.žďár.cz/město"),
    ],
)
def test_web_addresses(text: str, expected: str) -> None:
    assert texts.web_address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "http://None",
        "http://http:/www.rosso.cz",
        "http://a.cz, http://b.cz",
        "info@firma.cz",
        "http://user@firma.cz",
        "ftp://firma.cz",
        "javascript:alert(1)",
        "http://firma.cz/<x>",
        "s. r. o.",
        "http://[::1",
        "none",
    ],
)
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="is not a web address") as refused:
        texts.web_address(text)
    assert refused.value.rule == "url"


def test_iris_may_be_names() -> None:
    assert texts.iri("urn:isbn:0451450523") == "urn:isbn:0451450523"
    with pytest.raises(Unreadable):
        texts.iri("urn:a b")
