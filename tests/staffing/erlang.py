#!/usr/bin/env python3
"""Writes erlang.csv: agents needed by Erlang C, in whole fractions, by the formula that is in the books.

    python3 tests/staffing/erlang.py > tests/staffing/erlang.csv

The share of calls that wait is P = (a^c / c!) * c / (c - a) / (sum of a^k / k! for k < c + the same); the share answered
within T seconds is 1 - P * exp(-(c - a) * T / handling). Nothing is rounded but exp, to 60 digits.
"""

from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 60

LOADS = ["0.1", "0.2", "0.5", "1", "1.5", "2", "3.5", "5", "7.7", "10", "15", "20", "33.3", "50", "75", "100", "150",
         "200", "300", "400", "499.5", "500"]
HANDLING = [30, 180, 600]
TARGETS = ["0.5", "0.8", "0.9", "0.95", "0.99"]
THRESHOLDS = [0, 10, 20, 60, 120]


def waits(load):
    """The share of calls that wait, for 1, 2, 3, ... agents; None where the queue only grows."""
    term, total, agents = Fraction(1), Fraction(0), 0
    while True:
        total += term
        agents += 1
        term = term * load / agents
        if agents <= load:
            yield None
            continue
        last = term * agents / (agents - load)
        yield last / (total + last)


def decimal(fraction):
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


print("load,handling,target,threshold,agents")
for text in LOADS:
    load = Fraction(text)
    known = []
    source = waits(load)
    for handling in HANDLING:
        for target in TARGETS:
            for threshold in THRESHOLDS:
                agents = 0
                while True:
                    agents += 1
                    if len(known) < agents:
                        share = next(source)
                        known.append(share if share is None else decimal(share))
                    if known[agents - 1] is None:
                        continue
                    exponent = decimal(-(agents - load) * threshold / handling)
                    if 1 - known[agents - 1] * exponent.exp() >= Decimal(target):
                        break
                print(f"{text},{handling},{target},{threshold},{agents}")
