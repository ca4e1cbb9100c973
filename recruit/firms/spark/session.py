"""A session of Spark, and precise words where a part of it is missing."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True, slots=True)
class SparkPlace:
    """Where Spark is: its `master` (`local[4]`, `spark://host:7077`, `yarn`), by default this machine.

    `folder` is one that all its machines can read; a temporary one of this machine where it is None.
    """

    master: str = "local[*]"
    folder: Path | None = None


class SparkMissing(RuntimeError):
    """Spark cannot be had: a part is not installed, or the cluster does not answer. The message says which."""


def check_spark() -> None:
    """Raise `SparkMissing` where pyspark or Java is not there."""
    if importlib.util.find_spec("pyspark") is None:
        raise SparkMissing(
            "pyspark is not installed. Install it with: pip install 'recruit[spark]'"
        )
    home = os.environ.get("JAVA_HOME")
    if home and not (Path(home) / "bin" / "java").exists():
        raise SparkMissing(
            f"JAVA_HOME is {home}, and there is no bin/java below it. Mend or unset it."
        )
    if not home and shutil.which("java") is None:
        raise SparkMissing("Java is not installed. Install Java 17 or newer, or set JAVA_HOME.")


@contextmanager
def open_spark(master: str) -> Iterator["SparkSession"]:
    """Yield a session at this master; it ends afterwards.

    What else a cluster needs stands in Spark's own `spark-defaults.conf`. Raises `SparkMissing`.
    """
    check_spark()
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("recruit resolve")
    if master.startswith("local"):
        # Workers of this machine run this Python, and nobody else talks to the driver.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
        builder = builder.config("spark.driver.host", "127.0.0.1")
        builder = builder.config("spark.ui.enabled", "false")
        builder = builder.config("spark.ui.showConsoleProgress", "false")
    try:
        session = builder.getOrCreate()
    except (PySparkException, RuntimeError) as error:
        said = str(error).strip().partition("\n")[0]
        raise SparkMissing(
            f"Spark does not start at {master!r}: {said}. Give another --spark-master."
        ) from error
    try:
        session.sparkContext.setLogLevel("ERROR")
        session.conf.set("spark.sql.execution.arrow.pyspark.enabled", "true")
        if master.startswith("local"):
            # The default of 200 is for clusters: here each would be another small task in turn.
            cores = session.sparkContext.defaultParallelism
            session.conf.set("spark.sql.shuffle.partitions", str(cores))
        yield session
    finally:
        session.stop()
