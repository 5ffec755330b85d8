# SPDX-License-Identifier: ISC
"""Certificates for a host called localhost: a good one, and bad ones of all
kinds. All but the weak one have keys on P-256."""
import datetime
import ipaddress
import os
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "localhost"
DAY = datetime.timedelta(days=1)


def subject(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Pki:
    """names: each a kind of certificate; authority: the file to believe"""

    def __init__(self, directory):
        self.directory = directory
        self.now = datetime.datetime.utcnow()
        self.kinds = {}
        ca = self.issue("ca", "the authority", ca=True)
        other = self.issue("other", "another authority", ca=True)
        middle = self.issue("middle", "no authority", ca, alt=[])
        self.authority = self.path("ca.pem")
        with open(self.authority, "wb") as f:
            f.write(ca[1].public_bytes(serialization.Encoding.PEM))
        os.chmod(self.authority, 0o644)
        host = [x509.DNSName(NAME),
                x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        self.add("good", self.issue("good", NAME, ca, host))
        self.add("self", self.issue("self", NAME, None, host))
        self.add("another name", self.issue("name", "mx.test", ca,
                                            [x509.DNSName("mx.test")]))
        self.add("no name", self.issue("none", "mx.test", ca, []))
        self.add("expired", self.issue("old", NAME, ca, host, -3, -1))
        self.add("not yet valid", self.issue("new", NAME, ca, host, 1, 3))
        self.add("of another authority",
                 self.issue("foreign", NAME, other, host))
        self.add("of what is no authority",
                 self.issue("under", NAME, middle, host), middle)
        self.add("for clients", self.issue(
            "client", NAME, ca, host, usage=ExtendedKeyUsageOID.CLIENT_AUTH))
        self.add("a wildcard too wide",
                 self.issue("wild", "x", ca, [x509.DNSName("*")]))
        self.add("a name that only begins so", self.issue(
            "longer", "x", ca, [x509.DNSName(NAME + ".evil.test")]))
        self.add("a name in the subject only",
                 self.issue("subject", NAME, ca, []))
        self.add("a wildcard for a label above", self.issue(
            "above", "x", ca, [x509.DNSName("*." + NAME)]))
        self.add("a weak key", self.issue("weak", NAME, ca, host, weak=True))
        self.names = list(self.kinds)
        self.add("no address", self.issue("noip", NAME, ca,
                                          [x509.DNSName(NAME)]))

    def path(self, name):
        return os.path.join(self.directory, name)

    def issue(self, name, common, issuer=None, alt=None, begin=-1, end=2,
              ca=False, usage=None, weak=False):
        key = (rsa.generate_private_key(65537, 1024) if weak else
               ec.generate_private_key(ec.SECP256R1()))
        signer = issuer or (key, None)
        b = (x509.CertificateBuilder()
             .subject_name(subject(common))
             .issuer_name(issuer[1].subject if issuer else subject(common))
             .public_key(key.public_key())
             .serial_number(x509.random_serial_number())
             .not_valid_before(self.now + begin * DAY)
             .not_valid_after(self.now + end * DAY)
             .add_extension(x509.BasicConstraints(ca, None), True))
        if alt:
            b = b.add_extension(x509.SubjectAlternativeName(alt), False)
        if usage:
            b = b.add_extension(x509.ExtendedKeyUsage([usage]), False)
        return key, b.sign(signer[0], hashes.SHA256())

    def add(self, kind, pair, *chain):
        pem = pair[0].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        for certificate in [pair[1]] + [c[1] for c in chain]:
            pem += certificate.public_bytes(serialization.Encoding.PEM)
        path = self.path(kind.replace(" ", "-") + ".pem")
        with open(path, "wb") as f:
            f.write(pem)
        self.kinds[kind] = path

    def context(self, kind):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(self.kinds[kind])
        return context
