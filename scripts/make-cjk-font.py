#!/usr/bin/env python3
"""Makes the font of Chinese, Japanese and Korean letters that the binary carries for its PNG charts.

Reads DroidSansFallback.ttf (Debian: fonts-droid-fallback) and keeps the letters of GB 2312, of Big5's
first level, of JIS X 0208, all of Hangul and the punctuation around them, without hints and layout tables.
Needs fonttools and zstd.

    scripts/make-cjk-font.py DroidSansFallback.ttf src/chart/fonts/droid-sans-fallback.ttf.zst
"""

import subprocess
import sys

from fontTools import subset
from fontTools.ttLib import TTFont


def encoded(letter, encoding):
    try:
        return chr(letter).encode(encoding)
    except UnicodeEncodeError:
        return b""


def is_wanted(letter):
    if letter < 0x1100 or 0xD800 <= letter < 0xF900:
        return False
    is_han = 0x3400 <= letter <= 0x9FFF or 0xF900 <= letter <= 0xFAFF
    if not is_han:
        return letter >= 0x2E80
    big5 = encoded(letter, "big5")
    return bool(
        encoded(letter, "gb2312")
        or encoded(letter, "shift_jis")
        or (big5 and big5[0] <= 0xC6)
    )


def main(source, target):
    font = TTFont(source)
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[letter for letter in font.getBestCmap() if is_wanted(letter)])
    subsetter.subset(font)
    plain = target.removesuffix(".zst")
    font.save(plain)
    subprocess.run(["zstd", "--ultra", "-22", "-q", "-f", "--rm", plain, "-o", target], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
