"""What a SCORM package says of itself (`imsmanifest.xml`): its version, and the parts that can be opened.

Read are the organization that the manifest names as its own, its items, and the resources they point to. Sequencing
between parts is not: each part is a lesson, and the course says which comes after which.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import etree

from recruit.onboarding.uploads import UploadRefused

MANIFEST = "imsmanifest.xml"
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"


class ScormVersion(StrEnum):
    """Which of the two interfaces a package talks to."""

    V12 = "1.2"
    V2004 = "2004"


@dataclass(frozen=True)
class Sco:
    """A part of a package that can be opened. `path` is a file of it, `query` what follows its name.

    `launch_data` and `mastery_score` are handed to the part as the manifest has them, "" for none.
    """

    key: str
    title: str
    path: str
    query: str = ""
    launch_data: str = ""
    mastery_score: str = ""


@dataclass(frozen=True)
class Manifest:
    """What a package holds."""

    version: ScormVersion
    title: str
    scos: tuple[Sco, ...]

    def choose(self, key: str) -> Sco:
        """Return the part with this key, or the only one; raises `UploadRefused`."""
        keys = ", ".join(repr(sco.key) for sco in self.scos)
        if not key and len(self.scos) > 1:
            raise UploadRefused(
                f'The package has {len(self.scos)} parts ({keys}). Make each a lesson: sco = "…".'
            )
        found = [sco for sco in self.scos if sco.key == key or not key]
        if not found:
            raise UploadRefused(f"The package has no part {key!r}, but {keys}.")
        return found[0]


def read_manifest(files: Mapping[str, bytes]) -> Manifest:
    """Return what a package's manifest says; `files` are by path. Raises `UploadRefused`."""
    if MANIFEST not in files:
        deeper = [path for path in files if path.endswith(f"/{MANIFEST}")]
        where = f" It lies in {deeper[0]}: pack what is in that folder." if deeper else ""
        raise UploadRefused(f"The package has no {MANIFEST} at its root.{where}")
    root = _parse(files[MANIFEST])
    resources = {
        r.get("identifier", ""): r for r in _children(_child(root, "resources"), "resource")
    }
    organizations = _child(root, "organizations")
    listed = list(_children(organizations, "organization"))
    default = organizations.get("default") if organizations is not None else None
    chosen = next((o for o in listed if o.get("identifier") == default), None)
    organization = chosen if chosen is not None else (listed[0] if listed else None)
    scos = tuple(_scos(organization, resources, files))
    if not scos:
        raise UploadRefused(
            f"{MANIFEST} names no part that can be opened. Export the package anew."
        )
    title = _text(organization, "title") or scos[0].title
    return Manifest(_version(root, resources), title[:200], scos)


def _parse(content: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise UploadRefused(f"{MANIFEST} is not valid XML: {error.msg}.") from None
    if root.getroottree().docinfo.doctype:
        raise UploadRefused(f"{MANIFEST} defines a document type. Take the DOCTYPE out.")
    if _name(root) != "manifest":
        raise UploadRefused(f"{MANIFEST} is no manifest but <{_name(root)}>.")
    return root


def _version(root: Any, resources: Mapping[str, Any]) -> ScormVersion:
    said = _text(_child(root, "metadata"), "schemaversion")
    if said.startswith("1.2"):
        return ScormVersion.V12
    if "2004" in said or said.startswith("CAM"):
        return ScormVersion.V2004
    if said:
        raise UploadRefused(f"The package is of SCORM {said[:40]!r}. Export it for 1.2 or 2004.")
    # Older tools leave the version out; what is left is how they spell the type of a resource.
    spelt = {attribute for r in resources.values() for attribute in map(_local, r.attrib)}
    return ScormVersion.V2004 if "scormType" in spelt else ScormVersion.V12


def _scos(
    organization: Any, resources: Mapping[str, Any], files: Mapping[str, bytes]
) -> Iterator[Sco]:
    for item in [] if organization is None else organization.iter():
        if not isinstance(item.tag, str) or _name(item) != "item" or not item.get("identifierref"):
            continue
        resource = resources.get(item.get("identifierref"))
        key, title = item.get("identifier", ""), _text(item, "title")
        if resource is None or not resource.get("href"):
            raise UploadRefused(
                f"{MANIFEST}: the part {key!r} points to nothing that can be opened."
            )
        parent = resource.getparent()
        above = parent.get(_XML_BASE, "") if parent is not None else ""
        address = urlsplit(above + resource.get(_XML_BASE, "") + resource.get("href").strip())
        if address.scheme or address.netloc:
            raise UploadRefused(f"{MANIFEST}: the part {key!r} lies elsewhere. Pack it in.")
        path = posixpath.normpath(unquote(address.path)).lstrip("/")
        if path not in files:
            raise UploadRefused(f"{MANIFEST}: the part {key!r} is {path}, which the package lacks.")
        more = (item.get("parameters") or "").lstrip("?&")
        yield Sco(
            key=key[:200],
            title=(title or key)[:200],
            path=path,
            query="&".join(filter(None, (address.query, more)))[:500],
            launch_data=(_text(item, "datafromlms") or _text(item, "dataFromLMS"))[:4096],
            mastery_score=_text(item, "masteryscore")[:10],
        )


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _name(element: Any) -> str:
    return _local(element.tag)


def _children(element: Any, name: str) -> Iterator[Any]:
    for child in [] if element is None else element:
        if isinstance(child.tag, str) and _name(child) == name:
            yield child


def _child(element: Any, name: str) -> Any:
    return next(_children(element, name), None)


def _text(element: Any, name: str) -> str:
    found = _child(element, name)
    return " ".join(found.itertext()).strip() if found is not None else ""
