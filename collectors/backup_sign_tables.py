"""A table about backup products that were seen at work, without reading what they keep."""

from __future__ import annotations

from collectors.table import Row, column, table


@table("backup_sign", key=("product", "kind", "where"))
class BackupSign(Row):
    """A program or files of a backup product."""

    product: str = column("Product, by the names of its programs and files")
    kind: str = column("process, files or command")
    where: str = column("Name of the process, folder of the files, or the command")
    count: int = column("Files of that kind", default=1)
