#!/usr/bin/env python3
"""Prints results whose labels and messages try to be markup, script, or something else than they are."""
import csv
import sys

COLUMNS = ("timeStamp elapsed label responseCode responseMessage threadName dataType success failureMessage bytes "
           "sentBytes grpThreads allThreads URL Latency IdleTime Connect").split()
ATTACKS = [
    "<script>window.pwned = 1</script>",
    "</script><script>window.pwned = 2</script>",
    "<!--<script>",
    "\"><img src=x onerror='window.pwned = 3'>",
    "' onmouseover='window.pwned = 4",
    "</style></svg></title><iframe src=javascript:parent.pwned=5>",
    "{{constructor.constructor('window.pwned = 6')()}} ${window.pwned=7} `",
    "\u202egnp.exe\u2066 \u200f\x1b[31m",
    "__proto__",
    "https://example.com/a?b=1&c=2#" + "x" * 5000,
    "😀" * 300,
    "",
]

rows = csv.writer(sys.stdout)
rows.writerow(COLUMNS)
for number in range(1200):
    attack = ATTACKS[number % len(ATTACKS)]
    is_right = number % 5 > 0
    rows.writerow([1_700_000_000_000 + 50 * number, 3 + number % 97, attack, 200 if is_right else attack, attack, f"{attack} 1-1",
                   "text", str(is_right).lower(), "" if is_right else attack, 100, 50, 2, 2, attack, 2, 0, 1])
