"""JMeter's aggregate table of a result file in DuckDB: duckdb_aggregate.py FILE THREADS"""

import sys

import duckdb

path, threads = sys.argv[1], int(sys.argv[2])
columns = {
    "timeStamp": "BIGINT", "elapsed": "BIGINT", "label": "VARCHAR", "responseCode": "VARCHAR",
    "responseMessage": "VARCHAR", "threadName": "VARCHAR", "dataType": "VARCHAR", "success": "BOOLEAN",
    "failureMessage": "VARCHAR", "bytes": "BIGINT", "sentBytes": "BIGINT", "grpThreads": "INTEGER",
    "allThreads": "INTEGER", "URL": "VARCHAR", "Latency": "BIGINT", "IdleTime": "BIGINT", "Connect": "BIGINT",
}
with open(path) as results:
    header = results.readline().rstrip("\n").split(",")
columns = {name: columns.get(name, "VARCHAR") for name in (column.strip('"') for column in header)}
query = """
select label, count(*), avg(elapsed), quantile_disc(elapsed, [0.5, 0.9, 0.95, 0.99]), min(elapsed), max(elapsed),
       avg((not success)::int), count(*) * 1000.0 / (max("timeStamp" + elapsed) - min("timeStamp")),
       sum(bytes), sum(sentBytes)
from read_csv(?, header = true, columns = {columns}, quote = '"', escape = '"')
group by rollup (label) order by label nulls last
"""
database = duckdb.connect(config={"threads": threads})
for row in database.execute(query.format(columns=columns), [path]).fetchall():
    print(row)
