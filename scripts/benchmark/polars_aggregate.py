"""JMeter's aggregate table of a result file in Polars, streaming: polars_aggregate.py FILE THREADS"""

import os
import sys

os.environ["POLARS_MAX_THREADS"] = sys.argv[2]

import polars as pl

elapsed = pl.col("elapsed")
percentiles = [elapsed.quantile(p, "nearest").alias(f"p{p * 100:g}") for p in (0.5, 0.9, 0.95, 0.99)]
table = (
    pl.scan_csv(sys.argv[1], schema_overrides={"responseCode": pl.String})
    .select("timeStamp", "elapsed", "label", "success", "bytes", "sentBytes")
    .group_by("label")
    .agg(
        pl.len().alias("samples"),
        elapsed.mean().alias("average"),
        *percentiles,
        elapsed.min().alias("min"),
        elapsed.max().alias("max"),
        pl.col("success").mean(),
        pl.col("timeStamp").min().alias("start"),
        (pl.col("timeStamp") + elapsed).max().alias("end"),
        pl.col("bytes").sum(),
        pl.col("sentBytes").sum(),
    )
    .collect(engine="streaming")
)
print(table)
