#!/usr/bin/env python3
"""Prints results of an hour and 60 labels that are long addresses and differ at their ends."""
import sys

print("timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,"
      "sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect")
for number in range(60_000):
    label = number * 7 % 60
    url = f"https://shop.example.com/api/v2/customers/{label // 20}/orders/recent/items?page=1&sort=price&expand=all&id={label:04}"
    elapsed = 20 + label * 3 + number * 7919 % 97 + (number * 31 % 1009 == 0) * 2500
    is_right = number * 13 % 101 != 0
    threads = 1 + number * 50 // 60_000
    sys.stdout.write(f"{1_700_000_000_000 + 60 * number},{elapsed},{url},{200 if is_right else 503},,T 1-1,text,{str(is_right).lower()},,"
                     f"{900 + label},{200},{threads},{threads},,{elapsed // 2},0,{number % 3}\n")
