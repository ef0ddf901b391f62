"""From the text of a cell to exact values: text, numbers, web addresses.

Nothing is guessed: a cell that fits none of the declared ways to write a value, or two that disagree, is Unreadable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from babel import Locale, UnknownLocaleError
from pyoxigraph import NamedNode

#: What programs write when they mean nothing; never the value of anything.
ALWAYS_EMPTY: Final = frozenset({"", "NaN", "nan", "None", "none", "NULL", "null", "N/A", "n/a", "#N/A"})

_MANY_LINE_ENDS = re.compile(r"\n{3,}")
_LINE_SEPARATORS = re.compile("[\x0b\x0c\x1c-\x1e\u2028\u2029]")
#: Control characters, soft hyphens and other signs without width, private use; not what separates words or lines.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f\u00ad\u200b\u2060\ufeff\ufffe\uffff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
#: What only a text decoded with the wrong code page has; `Ã¸` for ø, `â€™` for ’.
_MOJIBAKE = re.compile("[\x80-\x9f]|\ufffd|[\ud800-\udfff]|[ÂÃ][\x80-\xbf]|â€|ï»¿")
#: Printable signs without which there is no mojibake, so that most texts need no pattern.
_SUSPECTS: Final = ("Â", "Ã", "â€", "ï»", "\ufffd")


class Unreadable(Exception):
    """A cell that does not hold what its field needs: the rule, one sentence, and a value that would do."""

    def __init__(self, rule: str, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.suggestion = suggestion


def clean(text: str) -> str:
    """Return the text in NFC without control characters and stray blanks; line breaks inside it stay, as `\\n`.

    Raises Unreadable for text that was decoded with the wrong code page.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    printable = (text.replace("\n", " ") if "\n" in text else text).isprintable()
    if not printable or (not text.isascii() and any(sign in text for sign in _SUSPECTS)):
        text = _scrub(text)
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if "\n" not in text:
        return fold(text)
    return _MANY_LINE_ENDS.sub("\n\n", "\n".join(map(fold, text.split("\n")))).strip()


def _scrub(text: str) -> str:
    found = _MOJIBAKE.search(text)
    if found:
        sign = found[0] if found[0].isprintable() else ascii(found[0])[1:-1]
        raise Unreadable(
            "encoding",
            f"The text has '{sign}' in it, which comes from a wrong encoding; "
            "correct 'encoding' or add a [repair] to the mapping.",
            _healed(text),
        )
    return _INVISIBLE.sub("", _LINE_SEPARATORS.sub("\n", text))


def _healed(text: str) -> str | None:
    """Return the text as it was before its UTF-8 was taken for another encoding, when that can be undone."""
    for page in ("cp1252", "latin-1"):
        try:
            return text.encode(page).decode("utf-8")
        except UnicodeError:
            continue
    return None


def fold(text: str) -> str:
    """Return the text on one line, with single spaces."""
    return " ".join(text.split())


def slug(text: str) -> str:
    """Return a name for use in an IRI: lower-case ASCII letters and digits with dashes between."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def alphanumeric(text: str) -> str:
    """Return the ASCII letters and digits of a text, as in codes that are written with dots and without."""
    return re.sub(r"[^A-Za-z0-9]+", "", text)


# Numbers


@lru_cache(maxsize=256)
def _number_pattern(locale: str) -> tuple[re.Pattern[str], str]:
    """Return the pattern of numbers as a locale writes them, and its decimal sign; groups have three digits."""
    try:
        symbols = Locale.parse(locale.replace("-", "_")).number_symbols
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"there is no locale '{locale}'") from error
    latin = symbols.get("latn", symbols)
    group, decimal = str(latin["group"]), str(latin["decimal"])
    marks = "['’]" if group in "'’" else re.escape(" " if group.isspace() else group)
    comma = re.escape(decimal)
    return re.compile(rf"(?:[0-9]+|[0-9]{{1,3}}(?:{marks}[0-9]{{3}})+)(?:{comma}[0-9]+)?"), decimal


def check_locale(locale: str) -> str:
    """Return the locale. Raises ValueError when it is not known."""
    _number_pattern(locale)
    return locale


def decimal_sign(locale: str) -> str:
    """Return what stands before the decimals in a locale."""
    return _number_pattern(locale)[1]


def number(text: str, locales: Sequence[str], units: Sequence[str] = ()) -> Decimal:
    """Return the exact number in a cell; a percentage becomes its fraction.

    `locales` are the ways of writing that the column may use; all that fit must agree. `units` are signs that may stand
    before or after the number, such as `€`.
    Raises Unreadable when no way of writing fits, or two that differ.
    """
    bare = fold(text).replace("\u2212", "-")
    for unit in units:
        bare = bare.removeprefix(unit).removesuffix(unit).strip()
    percent = bare.endswith("%")
    bare = bare.removesuffix("%").strip()
    negative = bare.startswith("-")
    digits = bare.removeprefix("-").strip()
    readings = {}
    for locale in locales:
        pattern, decimal = _number_pattern(locale)
        if pattern.fullmatch(digits):
            whole, _, fraction = digits.partition(decimal)
            readings[Decimal(re.sub("[^0-9]", "", whole) + ("." + fraction if fraction else ""))] = locale
    if not readings:
        raise Unreadable("number", _no_number(text, locales, units))
    if len(readings) > 1:
        ways = " or ".join(f"{plain(value)} ({locale})" for value, locale in readings.items())
        raise Unreadable("number", f"'{text}' may be {ways}; name one locale for this column or correct the cell.")
    value = next(iter(readings))
    # By its digits, because arithmetic would round a long number to the precision of the context.
    exponent = int(value.as_tuple().exponent) - (2 if percent else 0)
    return Decimal((int(negative), value.as_tuple().digits, exponent))


def _no_number(text: str, locales: Sequence[str], units: Sequence[str]) -> str:
    ways = " or ".join(
        f"{re.sub('[.]', decimal_sign(name), '1234.5')} or {_grouped(name)} ({name})" for name in locales
    )
    sign = f", with or without {' or '.join(units)}" if units else ""
    return f"'{text}' is not a number as this column writes them: {ways}{sign}; correct the cell or the mapping."


def _grouped(locale: str) -> str:
    symbols = Locale.parse(locale.replace("-", "_")).number_symbols
    group = str(symbols.get("latn", symbols)["group"])
    return f"1{' ' if group.isspace() else group}234{decimal_sign(locale)}5"


def plain(value: Decimal) -> str:
    """Return a number in the canonical form of xsd:decimal (XML Schema 1.1 Part 2, section 3.3.3.2)."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


# Web addresses

_HOST = re.compile(r"(?:[\w](?:[\w-]*[\w])?\.)+[^\W\d_](?:[\w-]*[\w])\.?", re.UNICODE)
_BARE = re.compile(rf"{_HOST.pattern}(?::[0-9]+)?(?:[/?#].*)?", re.UNICODE)
_SCHEME = re.compile(r"(https?)\s*:\s*//\s*", re.IGNORECASE)


def web_address(text: str) -> str:
    """Return an http or https IRI; `www.x.cz` is understood as `http://www.x.cz`.

    Raises Unreadable when the text is no address of the web.
    """
    bare = fold(text)
    if _BARE.fullmatch(bare):
        bare = "http://" + bare
    bare = _SCHEME.sub(lambda match: match[1].lower() + "://", bare, count=1)
    try:
        parts = urlsplit(bare)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or parts.username is not None:
            raise ValueError
        port = f":{parts.port}" if parts.port else ""
        return NamedNode(urlunsplit((parts.scheme, host + port, parts.path, parts.query, parts.fragment))).value
    except ValueError:
        raise Unreadable(
            "url",
            f"'{text}' is not a web address; write one such as https://www.example.org/, or leave the cell empty.",
        ) from None


def iri(text: str) -> str:
    """Return an IRI that need not be of the web, such as `urn:…`; what has no scheme is read as a web address."""
    bare = fold(text)
    if re.match(r"urn:[a-z0-9]", bare, re.IGNORECASE):
        try:
            return NamedNode(bare).value
        except ValueError:
            raise Unreadable("url", f"'{text}' is not an IRI; correct the cell.") from None
    return web_address(bare)
