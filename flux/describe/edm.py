"""The catalog as OData's entity data model: SETS, one explicit list, and the CSDL that describes them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree as ET

from flux.catalog import CATALOG
from flux.catalog.declare import Column, Dataset
from flux.catalog.params import FROM

EDM_TYPES = {
    "string": "Edm.String",
    "list": "Edm.String",  # separated by spaces, as in CSV: a BI tool cannot sort or count a nested list
    "integer": "Edm.Int64",
    "number": "Edm.Double",
    "boolean": "Edm.Boolean",
    "date": "Edm.Date",
    "datetime": "Edm.DateTimeOffset",
}
NAMESPACE = "Flux"

# What may be called in a filter or an order.
FUNCTIONS: tuple[str, ...] = (
    *("contains", "startswith", "endswith", "length", "indexof", "substring", "concat", "tolower", "toupper"),
    *("trim", "year", "month", "day", "hour", "minute", "second", "date"),
)

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_VOCABULARIES = {"Core": "Org.OData.Core.V1", "Capabilities": "Org.OData.Capabilities.V1"}
_VOCABULARY = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/{}.xml"

# Parameters whose choices are sets of their own: the navigator of a BI tool has no place for a parameter.
_OWN_SETS = {"granularity": "{}", "by": "By{}", "compare": "Compared"}
# Parameters whose place in OData is one of its own options; and those that choose the days.
OPTIONS = {"limit": "$top", "offset": "$skip"}
_WINDOW = {"from", "to", "range"}


@dataclass(frozen=True, slots=True)
class EntitySet:
    """A dataset as a table of its own; `fixed` are the parameters that it stands for."""

    name: str
    dataset: Dataset
    fixed: tuple[tuple[str, str], ...] = ()

    @property
    def compared(self) -> bool:
        """Whether its rows have the columns that `compare=previous` adds."""
        return any(name == "compare" for name, _ in self.fixed)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns, in the order of the rows."""
        return self.dataset.columns + (self.dataset.compared_columns() if self.compared else ())

    def is_whole(self, told: Iterable[str]) -> bool:
        """Whether all of the data are meant where these parameters are told: no window is among them.

        A comparison keeps the feed's own window: before all of the data there is nothing to compare with.
        """
        return not self.compared and _WINDOW.isdisjoint(told)

    @property
    def type(self) -> str:
        """The name of its entity type: `PostsRow`."""
        return identifier(self.dataset) + ("Compared" if self.compared else "") + "Row"

    @property
    def title(self) -> str:
        """What it is called: `Breakdown (by hour)`."""
        told = ", ".join(f"{name} {choice}".replace("_", " ") for name, choice in self.fixed)
        return f"{self.dataset.title} ({told})" if told else self.dataset.title


def identifier(dataset: Dataset) -> str:
    """The dataset's name as OData writes names: `EngagementTrends`."""
    return _camel(dataset.name)


def _camel(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").title().replace(" ", "")


def _sets_of(dataset: Dataset) -> Iterator[EntitySet]:
    yield EntitySet(identifier(dataset), dataset)
    for param in dataset.params:
        if param.name in _OWN_SETS:
            for choice in param.choices:
                if choice != param.default:
                    name = identifier(dataset) + _OWN_SETS[param.name].format(_camel(choice))
                    yield EntitySet(name, dataset, ((param.name, choice),))


SETS: dict[str, EntitySet] = {s.name: s for d in CATALOG.values() for s in _sets_of(d)}


def chosen_set(of: EntitySet, given: Mapping[str, list[str]]) -> EntitySet:
    """The set that a request is about: a parameter that has a set of its own is as good as its name."""
    fixed = dict(of.fixed)
    for param in of.dataset.params:
        texts = {text.strip().lower() for text in given.get(param.name, [])} - {"", param.default}
        if param.name in _OWN_SETS and len(texts) == 1 and texts <= set(param.choices):
            fixed.setdefault(param.name, texts.pop())
    own = [s for s in SETS.values() if s.dataset is of.dataset]
    exact = next((s for s in own if dict(s.fixed) == fixed), None)
    if exact is not None or "compare" not in fixed:
        return exact or of
    # Weekly and compared at once: the columns are those of the compared set.
    compared = next(s for s in own if s.compared)
    return replace(compared, fixed=tuple(fixed.items()))


def set_of(
    dataset: Dataset, params: Iterable[tuple[str, str]]
) -> tuple[EntitySet, tuple[tuple[str, str], ...]]:
    """The set that a feed with these parameters is, and what is still to be asked for its rows.

    That is the rest of the parameters, and the feed's own window where the set would hold all of the data.
    Those in OPTIONS are left out.
    """
    asked = tuple(params)
    found = chosen_set(SETS[identifier(dataset)], {name: [value] for name, value in asked})
    defaults = [(param.name, param.default) for param in dataset.params if param.name in _OWN_SETS]
    said = {*SETS[found.name].fixed, *defaults}
    elsewhere = {*OPTIONS, *(param.name for param in dataset.params if param.representation)}
    left = [pair for pair in asked if pair not in said and pair[0] not in elsewhere]
    if found.is_whole(name for name, _ in asked):
        left.append((FROM.name, str(FROM.default)))
    return found, tuple(left)


def describe_service(sets: Iterable[EntitySet], base: str) -> dict[str, Any]:
    """The service document: which sets there are. `base` is the service's address, with its last slash."""
    listed = [{"name": s.name, "title": s.title, "kind": "EntitySet", "url": s.name} for s in sets]
    return {"@odata.context": f"{base}$metadata", "value": listed}


def describe_metadata(sets: Iterable[EntitySet]) -> bytes:
    """The sets as CSDL 4.0 in XML."""
    every = list(sets)
    root = ET.Element("edmx:Edmx", {"xmlns:edmx": _EDMX, "Version": "4.0"})
    for alias, name in _VOCABULARIES.items():
        reference = ET.SubElement(root, "edmx:Reference", {"Uri": _VOCABULARY.format(name)})
        ET.SubElement(reference, "edmx:Include", {"Namespace": name, "Alias": alias})
    services = ET.SubElement(root, "edmx:DataServices")
    schema = ET.SubElement(services, "Schema", {"xmlns": _EDM, "Namespace": NAMESPACE})
    for one in {s.type: s for s in every}.values():
        _describe_type(schema, one)
    container = ET.SubElement(schema, "EntityContainer", {"Name": "Feeds"})
    for one in every:
        element = ET.SubElement(
            container, "EntitySet", {"Name": one.name, "EntityType": f"{NAMESPACE}.{one.type}"}
        )
        _annotate(element, f"{one.title}: {one.dataset.grain}.")
    capable = ET.SubElement(container, "Annotation", {"Term": "Capabilities.FilterFunctions"})
    listed = ET.SubElement(capable, "Collection")
    for function in FUNCTIONS:
        ET.SubElement(listed, "String").text = function
    ET.SubElement(container, "Annotation", {"Term": "Capabilities.BatchSupported", "Bool": "false"})
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _describe_type(schema: ET.Element, of: EntitySet) -> None:
    entity = ET.SubElement(schema, "EntityType", {"Name": of.type})
    key = ET.SubElement(entity, "Key")
    for name in of.dataset.key:
        ET.SubElement(key, "PropertyRef", {"Name": name})
    for column in of.columns:
        told = {"Name": column.name, "Type": EDM_TYPES[column.type]}
        if not column.nullable:
            told["Nullable"] = "false"
        listed = " Separated by spaces." if column.type == "list" else ""
        _annotate(ET.SubElement(entity, "Property", told), column.help + listed)
    _annotate(entity, of.dataset.help)


def _annotate(element: ET.Element, text: str) -> None:
    told = {"Term": "Core.Description", "String": text.replace("`", "")}
    ET.SubElement(element, "Annotation", told)
