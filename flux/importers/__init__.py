"""How data comes in: one importer a module, one explicit list of them."""

from flux.importers import (
    linkedin_archive,
    linkedin_company,
    linkedin_personal,
    linkedin_post,
    mapper,
)
from flux.importers.file import File
from flux.importers.likeness import tells_of_posts
from flux.importers.records import Extract, Importer, Options, UnreadableFile
from flux.importers.table import TableExtract, read_table

IMPORTERS: tuple[Importer, ...] = (
    linkedin_personal.IMPORTER,
    linkedin_company.IMPORTER,
    linkedin_archive.IMPORTER,
    linkedin_post.IMPORTER,
    mapper.IMPORTER,
)


def identify(file: File) -> Importer:
    """The importer that knows `file`. Raises UnreadableFile that lists what Flux takes in."""
    for importer in IMPORTERS:
        if importer.identify(file):
            return importer
    known = "; ".join(importer.label for importer in IMPORTERS)
    header = _first_row(file)
    seen = f"Its first row is: {header[:200]}." if header else f"Its sheets are: {_names(file)}."
    message = f"{file.name} is not a file that Flux knows. {seen} What Flux takes in is: {known}."
    raise UnreadableFile(message, **({"columns": header} if header else {}))


def extract(file: File, options: Options) -> Extract:
    """Everything that `file` says; with a mapping by the user, as the column mapper reads it.

    Raises UnreadableFile.
    """
    importer = mapper.IMPORTER if options.mapping else identify(file)
    try:
        return importer.extract(file, options)
    except ValueError as mistake:
        raise UnreadableFile(f"{file.name} is known as {importer.label}, but {mistake}.") from mistake


def take(file: File, options: Options, as_table: bool | None = None) -> Extract | TableExtract:
    """What a file says that may be an export or a table of its own: `as_table`, None: what it looks like.

    Raises UnreadableFile.
    """
    if as_table is None:
        as_table = not options.mapping and not _is_export(file)
    return read_table(file, options) if as_table else extract(file, options)


def _is_export(file: File) -> bool:
    """Whether an importer knows `file`; of the column mapper, which takes much, only what it is sure of."""
    known = next((importer for importer in IMPORTERS if importer.identify(file)), None)
    return known is not None and (known is not mapper.IMPORTER or tells_of_posts(file))


def _first_row(file: File) -> str:
    """The cells that may be column names, of a file that is one table."""
    rows = file.sheets[0].rows if len(file.sheets) == 1 else ()
    return ", ".join(str(cell) for cell in rows[0] if cell)[:2_000] if rows else ""


def _names(file: File) -> str:
    return ", ".join(sheet.name for sheet in file.sheets[:10] if sheet.name) or "none"
