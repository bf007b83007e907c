"""JMeter's aggregate table of an XML result file with Python's iterparse, in C: xml_aggregate.py FILE"""

import math
import sys
from collections import defaultdict
from xml.etree.ElementTree import iterparse

labels = defaultdict(list)
results = iterparse(sys.argv[1], events=("start", "end"))
_, root = next(results)
for event, element in results:
    if event == "end" and element.tag in ("httpSample", "sample"):
        row = element.attrib
        figures = tuple(int(row[name]) for name in ("t", "ts", "by", "sby"))
        labels[row["lb"]].append((*figures, row["s"] == "true"))
        root.clear()
for label, rows in labels.items():
    elapsed = sorted(row[0] for row in rows)
    percentiles = [elapsed[math.ceil(p * len(rows)) - 1] for p in (0.5, 0.9, 0.95, 0.99)]
    seconds = (max(row[0] + row[1] for row in rows) - min(row[1] for row in rows)) / 1000
    errors = sum(not row[4] for row in rows) / len(rows)
    print(label, len(rows), sum(elapsed) / len(rows), *percentiles, elapsed[0], elapsed[-1], errors,
          len(rows) / seconds, *(sum(row[column] for row in rows) for column in (2, 3)))
