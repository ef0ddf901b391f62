"""From any spelling of an identifier to the thing it stands for now.

Understood are our own identifiers (IRI, address of a document, kind and code, code alone, in any spelling), those that
others gave (with or without the name or the country of the scheme, spaces and signs), addresses of registers that have
such an identifier in them, and web addresses that a registry states of a thing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

from eclod.core import codes, iris, keys, misspelling
from eclod.core.errors import BadIdentifier, NotFound
from eclod.core.iris import Names
from eclod.store import known_as
from eclod.store.identities import ERASED, MERGED, SPLIT, VALID, Identities, Identity

FOUND: Final = "found"
SEVERAL: Final = "several"
MISSPELT: Final = "misspelt"
UNKNOWN: Final = "unknown"

OWN: Final = "identifier of this service"
_OWN_PATH: Final = re.compile(r"/(?:id|doc)/(?P<kind>[A-Za-z-]+)/(?P<code>[^/?#]+?)/?(?:[?#].*)?$")
#: Addresses of registers that end in an identifier, and its scheme.
_REGISTERS: Final = (
    (re.compile(r"ror\.org/(\w+)$"), "ror"),
    (re.compile(r"wikidata\.org/(?:wiki|entity)/(Q\d+)$"), "wikidata"),
    (re.compile(r"isni\.org/(?:isni/|page/)?([\dX ]+)$"), "isni"),
    (re.compile(r"(?:search\.gleif\.org/?#/record|lei\.info|data\.gleif\.org/\w+)/(?:L-)?(\w{20})"), "lei"),
    (re.compile(r"grid\.ac/institutes/(grid\.[\w.]+)$"), "grid"),
    (re.compile(r"doi\.org/10\.13039/(\d+)$"), "crossref-funder"),
    (re.compile(r"(?i:publications\.europa\.eu/resource/celex/)([\w()]+)$"), known_as.CELEX),
    (re.compile(r"(?i:eur-lex\.europa\.eu/.*[?&]uri=CELEX(?::|%3A))([\w()]+)"), known_as.CELEX),
    (re.compile(r"cordis\.europa\.eu/project/(?:id|rcn)/(\d+)(?:/\w+)?$"), known_as.IDENTIFIER),
)
COMPANY: Final = "company-number"
#: What people write before a number, and the scheme that it names.
_SCHEMES: Final = {
    **{name: name for name in ("lei", "ror", "isni", "vat", "pic", "wikidata", "grid", "crossref-funder", COMPANY)},
    known_as.CELEX: known_as.CELEX,
    "wd": "wikidata",
    "ico": COMPANY,
    "ičo": COMPANY,
}
_WITH_SCHEME: Final = re.compile(rf"({'|'.join(_SCHEMES)})[\s:]+(\S.*)", re.IGNORECASE | re.DOTALL)
#: A word before a number, a colon, a slash: whatever it is, it is no code of ours.
_NO_CODE: Final = re.compile(r"[^\W\d_]{2,}\s[\d\s.-]+|.*[:/].*", re.DOTALL)
#: An address as people write it, without its scheme.
_BARE_ADDRESS: Final = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?#].*)?", re.IGNORECASE | re.DOTALL)
#: How sure a key of each kind makes, alone; schemes that are not here have one number for one body in the world.
_SURE: Final = {known_as.SOURCE: 0.95, known_as.HOMEPAGE: 0.7, known_as.IDENTIFIER: 0.6, COMPANY: 0.8}
#: Digits of a company number that a spreadsheet has made a number of, and how sure its restored form makes.
_PADDED: Final = 8
_PADDED_SURE: Final = 0.6
#: Letters of the name of a country's number, at most.
_NAME: Final = 5
#: How an address may lead to a thing.
_OF_ADDRESSES: Final = (known_as.IRI, known_as.SAME, known_as.SOURCE, known_as.HOMEPAGE)
_LONGEST: Final = 2000
#: What addresses stand between in texts and data (RFC 3986, appendix C).
_DELIMITERS: Final = "<>\"'"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What an identifier stands for: the current IRI and its state, the way there, how sure that is (0 to 1), and why.

    `choices` are IRIs: of several things known by it, of what a split thing became, or of what may have been meant.
    """

    asked: str
    outcome: str
    iri: str = ""
    state: str = ""
    chain: Sequence[str] = ()
    choices: Sequence[str] = ()
    confidence: float = 0.0
    how: str = ""
    message: str = ""


class Resolver:
    """Resolves against the identifiers of one release; `hosts` are those under which this service is known too."""

    def __init__(self, identities: Identities, names: Names, hosts: Sequence[str] = ()) -> None:
        self._identities = identities
        self._names = names
        self._roots = tuple(keys.of_address(each) for each in (names.base, *hosts))

    def resolve(self, asked: str) -> Resolution:
        """Return what an identifier stands for."""
        text = asked.strip().strip(_DELIMITERS).strip()
        if not text or len(text) > _LONGEST:
            return Resolution(asked, MISSPELT, message=f"Give an identifier of 1 to {_LONGEST} characters.")
        if address := keys.of_address(text):
            return self._of_address(asked, address)
        if _BARE_ADDRESS.fullmatch(text):
            found = self._of_address(asked, keys.of_address(f"https://{text}"))
            if found.outcome != UNKNOWN:
                return found
        return self._of_text(asked, unquote(text))

    def _of_address(self, asked: str, address: str) -> Resolution:
        root = next((root for root in self._roots if address.lower().startswith(f"{root.lower()}/")), None)
        if root is not None:
            path = address[len(root) :]
            if match := _OWN_PATH.match(path):
                return self._own(asked, match["kind"], match["code"].partition(".")[0])
            address = self._roots[0] + path
        for pattern, scheme in _REGISTERS:
            if match := pattern.search(address):
                found = self._known(asked, keys.of_identifier(match[1]), (scheme,))
                if found is not None:
                    return found
        found = self._known(asked, address, _OF_ADDRESSES)
        return found or self._nothing(asked, "No thing of this release is known by this address")

    def _of_text(self, asked: str, text: str) -> Resolution:
        kind, slash, code = text.strip("/").rpartition("/")
        if slash and kind.rpartition("/")[2].lower() in iris.KINDS:
            return self._own(asked, kind.rpartition("/")[2], code)
        scheme = ""
        if match := _WITH_SCHEME.fullmatch(text):
            scheme = _SCHEMES[match[1].lower()]
            if found := self._of_scheme(asked, scheme, keys.of_identifier(match[2])):
                return found
        own = self._by_code(asked, text)
        if own is not None and own.outcome == FOUND:
            return own
        key = keys.of_identifier(text)
        found = self._known(asked, key) or (None if scheme else self._padded(asked, key))
        if scheme and not found:
            return self._nothing(asked, f"No thing of this release has this {scheme}")
        return found or own or self._nothing(asked, "Nothing in this release is known by this")

    def _of_scheme(self, asked: str, scheme: str, key: str) -> Resolution | None:
        found = self._known(asked, key, (scheme,))
        return found or (self._padded(asked, key) if scheme == COMPANY else None)

    def _own(self, asked: str, kind: str, spelling: str) -> Resolution:
        try:
            kind, code = iris.thing_in_path(kind, spelling)
        except NotFound as error:
            return Resolution(asked, MISSPELT, message=error.message)
        except BadIdentifier as error:
            return self._misspelt(asked, spelling, error.message, kind.lower())
        found = self._identities.get(self._names.thing(kind, code))
        if found is not None:
            return self._current(asked, found, 1.0, OWN)
        others = [each.iri for each in self._nameable(code)]
        return Resolution(asked, UNKNOWN, choices=others, message=f"There is no {kind} {code}.")

    def _by_code(self, asked: str, text: str) -> Resolution | None:
        """Return what a code alone stands for, None for what does not look like one."""
        try:
            code = codes.normalise(text)
        except BadIdentifier as error:
            if _NO_CODE.fullmatch(text):
                return None
            signs = "".join(sign for sign in text if sign.isalnum())
            looks = len(signs) == codes.LENGTH and any(map(str.isdecimal, signs)) and any(map(str.isalpha, signs))
            return self._misspelt(asked, text, error.message) if looks else None
        found = self._nameable(code) or self._identities.by_code(code)
        if len(found) > 1:
            return Resolution(asked, SEVERAL, choices=[each.iri for each in found], confidence=0.5, how=OWN)
        if found:
            return self._current(asked, found[0], 1.0, OWN)
        return self._nothing(asked, f"No thing has the code {code}")

    def _nameable(self, code: str) -> list[Identity]:
        """Return what has a code and may be named to whoever did not name it: what is erased may not."""
        return [each for each in self._identities.by_code(code) if each.state != ERASED]

    def _misspelt(self, asked: str, spelling: str, message: str, kind: str = "") -> Resolution:
        def exists(code: str) -> bool:
            return any(not kind or each.kind == kind for each in self._nameable(code))

        near = misspelling.meant(spelling, exists)
        choices = [each.iri for code in near for each in self._nameable(code) if kind in ("", each.kind)]
        return Resolution(asked, MISSPELT, choices=choices, message=message)

    def _known(self, asked: str, key: str, ways: Sequence[str] = ()) -> Resolution | None:
        known = self._identities.known_as(key) if key else []
        found = [(how, iri) for how, iri in known if (not ways or how in ways) and not self._is_erased(iri)]
        ends: dict[str, tuple[str, Identity]] = {}
        for how, iri in found:
            identity = self._identities.get(iri) or Identity(iri, "", "")
            end = identity.successors[0] if identity.state == MERGED and identity.successors else iri
            if end not in ends or _sure(how, key) > _sure(ends[end][0], key):
                ends[end] = (how, identity)
        if not ends:
            return None
        best = max(_sure(how, key) for how, _ in ends.values())
        surest = {end: (how, each) for end, (how, each) in ends.items() if _sure(how, key) == best}
        if len(surest) == 1:
            (how, identity) = next(iter(surest.values()))
            return self._current(asked, identity, best, how)
        (how, _) = next(iter(surest.values()))
        message = f"{len(surest)} things are known by this; choose among them."
        return Resolution(
            asked, SEVERAL, choices=sorted(surest), confidence=round(best / len(surest), 3), how=how, message=message
        )

    def _padded(self, asked: str, key: str) -> Resolution | None:
        """Return what a company number stands for that has lost its zeros, or has its name before it (`IČO 1490`)."""
        key = key.lstrip("".join(sign for sign in key[:_NAME] if sign.isalpha()))
        if not key.isdecimal() or len(key) > _PADDED:
            return None
        found = self._known(asked, key.zfill(_PADDED), (COMPANY,))
        return replace(found, confidence=min(found.confidence, _PADDED_SURE)) if found else None

    def _current(self, asked: str, found: Identity, confidence: float, how: str) -> Resolution:
        if found.state == MERGED and found.successors:
            chain, iri = self._way(found), found.successors[-1]
            after = self._identities.get(iri)
            state, choices = (after.state, self._choices(after)) if after is not None else (VALID, ())
            said = _why(found) if state == VALID or after is None else f"{_why(found)} {_why(after)}"
            return Resolution(asked, FOUND, iri, state, chain, choices, confidence, how, said)
        choices = self._choices(found)
        return Resolution(asked, FOUND, found.iri, found.state, (found.iri,), choices, confidence, how, _why(found))

    def _way(self, found: Identity) -> list[str]:
        """Return a merged identifier, what it was merged into one after the other, and the end; nothing erased."""
        way, end, after = [found.iri], found.successors[-1], self._identities.get(found.merged_into)
        while after is not None and after.state == MERGED and after.iri not in way:
            way.append(after.iri)
            after = self._identities.get(after.merged_into)
        return [*way, end]

    def _choices(self, found: Identity) -> tuple[str, ...]:
        """Return what a split thing became."""
        return tuple(iri for iri in found.successors if not self._is_erased(iri)) if found.state == SPLIT else ()

    def _is_erased(self, iri: str) -> bool:
        known = self._identities.get(iri)
        return known is not None and known.state == ERASED

    def _nothing(self, asked: str, message: str) -> Resolution:
        return Resolution(asked, UNKNOWN, message=f"{message}; search for it by name at /search.")


def _sure(how: str, key: str) -> float:
    if how == COMPANY and key[:2].isalpha():
        return 1.0
    return _SURE.get(how, 1.0)


def _why(found: Identity) -> str:
    """Return what became of an identifier, in a sentence; of an erased one nothing is said."""
    when = f" on {found.since[:10]}" if found.since else ""
    reason = f": {found.reason.rstrip('. ')}" if found.reason and found.state != ERASED else ""
    match found.state:
        case "merged":
            return f"It was merged{when}{reason}."
        case "split":
            return f"It was split{when}{reason}; choose among what it became."
        case "withdrawn":
            return f"It was withdrawn{when}{reason}."
        case "erased":
            return f"It was erased{when}."
        case _:
            return ""
