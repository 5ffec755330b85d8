#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""secrets.py KEY FILE... - prints each FILE that holds something of the private
key in the file KEY: a secret number of it, as octets in either order, or a line
of its PEM text. Exits 2 when KEY is none."""
import re
import sys
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def numbers(key):
    n = key.private_numbers()
    if isinstance(key, rsa.RSAPrivateKey):
        return n.p, n.q, n.d, n.dmp1, n.dmq1, n.iqmp
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return (n.private_value,)
    sys.exit(2)


def secrets(path):
    with open(path, "rb") as f:
        text = f.read()
    for n in numbers(load_pem_private_key(text, None)):
        octets = n.to_bytes((n.bit_length() + 7) // 8, "big")
        yield octets
        yield octets[::-1]
    inside = re.search(b"PRIVATE KEY-----\\n(.*?)-----END", text, re.S)
    yield from inside[1].split()


wanted = list(secrets(sys.argv[1]))
for path in sys.argv[2:]:
    with open(path, "rb") as f:
        seen = f.read()
    if any(s in seen for s in wanted):
        print(path)
