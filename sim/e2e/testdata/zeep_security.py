"""Lives a whole life in the Security service with python-zeep, from the
official WSDL: makes keys, has them certified by an authority of its own, uploads
containers, assigns what it made, and takes all of it away again.

Reads and writes what zeep_client.py does; it calls every operation of the WSDL,
and fails if there is one that it does not know.
"""

import datetime
import json
import sys
import time

import zeep
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from zeep_client import Caller

WITH_RSA = {"algorithm": "1.2.840.113549.1.1.11"}
WITH_ECDSA = {"algorithm": "1.2.840.10045.4.3.2"}
SECRET = "correct horse"
DER = serialization.Encoding.DER


class Authority:
    """A root authority that issues whatever it is asked for."""

    def __init__(self, name):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self.issue(self.name, self.key.public_key(), ca=True)

    def issue(self, subject, public_key, ca=False):
        now = datetime.datetime.utcnow()
        builder = x509.CertificateBuilder(self.name, subject, public_key, x509.random_serial_number(), now, now + datetime.timedelta(days=30))
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        return builder.sign(self.key, hashes.SHA256())

    def revoke(self, certificate):
        now = datetime.datetime.utcnow()
        entry = x509.RevokedCertificateBuilder(certificate.serial_number, now).build()
        builder = x509.CertificateRevocationListBuilder(self.name, now, now + datetime.timedelta(days=1), [], [entry])
        return builder.sign(self.key, hashes.SHA256()).public_bytes(DER)


class Life:
    def __init__(self, caller):
        self.c = caller
        self.called = {}
        self.authority = Authority("zeep's own root")
        self.subject = {"CommonName": ["zeep"], "Organization": ["Fleet & Söhne"]}

    def do(self, operation, **arguments):
        answer = self.c.call("tas:" + operation, **arguments)
        self.called[operation] = self.called.get(operation, 0) + 1
        return answer

    def wait(self, key):
        for _ in range(600):
            status = self.do("GetKeyStatus", KeyID=key)
            if status != "generating":
                break
            time.sleep(0.05)
        assert status == "ok", status

    def keys(self):
        self.rsa = self.do("CreateRSAKeyPair", KeyLength=2048, Alias="zeep's RSA").KeyID
        self.ecc = self.do("CreateECCKeyPair", EllipticCurve="secp256r1", Alias="zeep's ECC").KeyID
        self.wait(self.rsa)
        self.wait(self.ecc)
        assert self.do("GetPrivateKeyStatus", KeyID=self.rsa) is True
        listed = {k.KeyID: k for k in self.do("GetAllKeys")}
        assert listed[self.rsa].Alias == "zeep's RSA" and listed[self.ecc].KeyStatus == "ok"
        # zeep takes what follows the schema's xs:any for part of it.
        flags = {e.tag.split("}")[1]: e.text for e in listed[self.ecc]._value_1}
        assert flags == {"externallyGenerated": "false", "securelyStored": "true"}, flags

    def certificates(self):
        self.leaves = {}
        for key, algorithm in ((self.rsa, WITH_RSA), (self.ecc, WITH_ECDSA)):
            asked = x509.load_der_x509_csr(self.do("CreatePKCS10CSR", Subject=self.subject, KeyID=key, SignatureAlgorithm=algorithm))
            assert asked.is_signature_valid
            leaf = self.authority.issue(asked.subject, asked.public_key())
            answer = self.do("UploadCertificate", Certificate=leaf.public_bytes(DER), Alias="leaf", PrivateKeyRequired=True)
            assert answer.KeyID == key
            self.leaves[key] = answer.CertificateID
        root = self.authority.certificate.public_bytes(DER)
        self.root = self.do("UploadCertificate", Certificate=root, Alias="root").CertificateID
        got = self.do("GetCertificate", CertificateID=self.root)
        assert got.CertificateContent == root and got.Alias == "root"
        self.own = self.do("CreateSelfSignedCertificate", X509Version=3, Subject=self.subject, KeyID=self.ecc, SignatureAlgorithm=WITH_ECDSA)
        made = x509.load_der_x509_certificate(self.do("GetCertificate", CertificateID=self.own).CertificateContent)
        made.public_key().verify(made.signature, made.tbs_certificate_bytes, ec.ECDSA(hashes.SHA256()))
        assert made.issuer == made.subject
        assert self.root in [c.CertificateID for c in self.do("GetAllCertificates")]

    def containers(self):
        self.passphrase = self.do("UploadPassphrase", Passphrase=SECRET, PassphraseAlias="horse")
        assert [p.PassphraseID for p in self.do("GetAllPassphrases")] == [self.passphrase]
        key = rsa.generate_private_key(65537, 2048)
        best = serialization.BestAvailableEncryption(SECRET.encode())
        content = key.private_bytes(DER, serialization.PrivateFormat.PKCS8, best)
        self.uploaded = self.do("UploadKeyPairInPKCS8", KeyPair=content, EncryptionPassphraseID=self.passphrase)
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = self.authority.issue(self.authority.name, key.public_key())
        content = pkcs12.serialize_key_and_certificates(b"zeep", key, leaf, [self.authority.certificate], best)
        answer = self.do(
            "UploadCertificateWithPrivateKeyInPKCS12", CertWithPrivateKey=content, CertificationPathAlias="P12",
            IntegrityPassphraseID=self.passphrase, EncryptionPassphraseID=self.passphrase,
        )
        self.p12, self.p12key = answer.CertificationPathID, answer.KeyID
        assert len(self.do("GetCertificationPath", CertificationPathID=self.p12).CertificateID) == 2

    def paths(self):
        chain = [self.leaves[self.rsa], self.root]
        self.path = self.do("CreateCertificationPath", CertificateIDs={"CertificateID": chain}, Alias="chain")
        assert self.do("GetCertificationPath", CertificationPathID=self.path).CertificateID == chain
        chain = [self.leaves[self.ecc], self.root]
        self.do("SetCertificationPath", CertificationPathID=self.path, CertificationPath={"CertificateID": chain, "Alias": "changed"})
        assert self.do("GetCertificationPath", CertificationPathID=self.path).Alias == "changed"
        assert self.path in self.do("GetAllCertificationPaths")

    def lists(self):
        content = self.authority.revoke(self.authority.certificate)
        self.crl = self.do("UploadCRL", Crl=content, Alias="list")
        assert self.do("GetCRL", CrlID=self.crl).CRLContent == content
        assert [c.CRLID for c in self.do("GetAllCRLs")] == [self.crl]
        self.do("DeleteCRL", CrlID=self.crl)

    def policies(self):
        anchors = [{"CertificateID": self.root}]
        create = lambda alias: self.do("CreateCertPathValidationPolicy", Alias=alias, Parameters={}, TrustAnchor=anchors)
        self.policy, self.other = create("clients"), create("others")
        got = self.do("GetCertPathValidationPolicy", CertPathValidationPolicyID=self.policy)
        assert got.Alias == "clients" and [a.CertificateID for a in got.TrustAnchor] == [self.root]
        got.Parameters = {"RequireTLSWWWClientAuthExtendedKeyUsage": True}
        self.do("SetCertPathValidationPolicy", CertPathValidationPolicy=got)
        listed = {p.CertPathValidationPolicyID: p for p in self.do("GetAllCertPathValidationPolicies")}
        assert listed[self.policy].Parameters.RequireTLSWWWClientAuthExtendedKeyUsage is True and self.other in listed

    def server(self):
        factory = self.do("GetAssignedServerCertificates")
        self.do("AddServerCertificateAssignment", CertificationPathID=self.path)
        self.do("ReplaceServerCertificateAssignment", OldCertificationPathID=self.path, NewCertificationPathID=self.p12)
        assert self.do("GetAssignedServerCertificates") == factory + [self.p12]
        protocols = self.c.call("tds:GetNetworkProtocols")
        for on in (False, True):  # an assignment goes only while the server is off
            for p in protocols:
                p.Enabled = on if p.Name == "HTTPS" else p.Enabled
            if on:
                self.do("RemoveServerCertificateAssignment", CertificationPathID=self.p12)
            self.c.call("tds:SetNetworkProtocols", NetworkProtocols=protocols)
        versions = self.do("GetEnabledTLSVersions")
        self.do("SetEnabledTLSVersions", Versions=["1.3"])
        assert self.do("GetEnabledTLSVersions") == ["1.3"], versions
        self.do("SetEnabledTLSVersions", Versions=versions)

    def clients(self):
        self.do("AddCertPathValidationPolicyAssignment", CertPathValidationPolicyID=self.policy)
        self.do("ReplaceCertPathValidationPolicyAssignment", OldCertPathValidationPolicyID=self.policy, NewCertPathValidationPolicyID=self.other)
        assert self.do("GetAssignedCertPathValidationPolicies") == [self.other]
        for on in (True, False):
            self.do("SetClientAuthenticationRequired", clientAuthenticationRequired=on)
            assert self.do("GetClientAuthenticationRequired") is on
            self.do("SetCnMapsToUser", cnMapsToUser=on)
            assert self.do("GetCnMapsToUser") is on
        self.do("RemoveCertPathValidationPolicyAssignment", CertPathValidationPolicyID=self.other)

    def network(self):
        token = self.c.call("tds:GetNetworkInterfaces")[0].token
        inner = {"Method": "MSCHAPv2", "Identity": "camera", "PassphraseID": self.passphrase}
        outer = {"Method": "EAP-PEAP", "Identity": "anonymous", "CertPathValidationPolicyID": self.policy, "Inner": inner}
        made = self.do("AddDot1XConfiguration", Dot1XConfiguration={"Alias": "port", "Outer": outer})
        assert self.do("GetDot1XConfiguration", Dot1XID=made).Outer.Inner.Method == "MSCHAPv2"
        assert [d.Dot1XID for d in self.do("GetAllDot1XConfigurations")] == [made]
        self.do("SetNetworkInterfaceDot1XConfiguration", token=token, Dot1XID=made)
        assert self.do("GetNetworkInterfaceDot1XConfiguration", token=token) == made
        self.do("DeleteNetworkInterfaceDot1XConfiguration", token=token)
        self.do("DeleteDot1XConfiguration", Dot1XID=made)

    def signing(self):
        factory = self.do("GetAssignedMediaSigningCertificates")
        self.do("AddMediaSigningCertificateAssignment", CertificationPathID=self.path)
        assert self.do("GetAssignedMediaSigningCertificates") == factory + [self.path]
        encoders = self.c.call("tr2:GetVideoEncoderConfigurations")
        was = [e.Signed for e in encoders]
        for e in encoders:  # an assignment goes only while nothing is signed
            e.Signed = False
            self.c.call("tr2:SetVideoEncoderConfiguration", Configuration=e)
        self.do("RemoveMediaSigningCertificateAssignment", CertificationPathID=self.path)
        for e, signed in zip(encoders, was):
            e.Signed = signed
            self.c.call("tr2:SetVideoEncoderConfiguration", Configuration=e)

    def tokens(self):
        data = {"Type": "OAuthClientCredentials", "ClientAuth": "private_key_jwt", "ServerUri": "https://as.example/", "ClientID": "me", "KeyID": self.rsa}
        server = self.do("CreateAuthorizationServerConfiguration", Configuration=data)
        data["ServerUri"] = "https://other.example/"
        self.do("SetAuthorizationServerConfiguration", Configuration={"token": server, "Data": data})
        got = self.do("GetAuthorizationServerConfigurations", Token=server)
        assert [(s.token, s.Data.ServerUri, s.Data.ClientSecret) for s in got] == [(server, "https://other.example/", None)]
        self.do("DeleteAuthorizationServerConfiguration", Token=server)
        old = self.do("GetJWTConfiguration")
        self.do("SetJWTConfiguration", Configuration={
            "Audiences": ["zeep"], "TrustedIssuers": ["https://issuer.example/"], "KeyID": [self.rsa], "ValidationPolicy": self.policy,
            "CustomClaims": [{"Name": "site", "SupportedValues": ["north", "south"]}],
        })
        got = self.do("GetJWTConfiguration")
        assert got.Audiences == ["zeep"] and got.KeyID == [self.rsa] and got.CustomClaims[0].SupportedValues == ["north", "south"]
        self.do("SetJWTConfiguration", Configuration=old)

    def end(self):
        for policy in (self.policy, self.other):
            self.do("DeleteCertPathValidationPolicy", CertPathValidationPolicyID=policy)
        mine = self.do("GetCertificationPath", CertificationPathID=self.p12).CertificateID
        for path in (self.path, self.p12):
            self.do("DeleteCertificationPath", CertificationPathID=path)
        for certificate in mine + list(self.leaves.values()) + [self.own, self.root]:
            self.do("DeleteCertificate", CertificateID=certificate)
        for key in (self.rsa, self.ecc, self.uploaded, self.p12key):
            self.do("DeleteKey", KeyID=key)
        self.do("DeletePassphrase", PassphraseID=self.passphrase)

    def live(self):
        self.do("GetServiceCapabilities")
        ids = lambda: {k.KeyID for k in self.do("GetAllKeys")}
        before = ids()
        for part in (self.keys, self.certificates, self.containers, self.paths, self.lists, self.policies, self.server,
                     self.clients, self.network, self.signing, self.tokens, self.end):
            part()
        for key in ids() - before:  # of the root, which came with its certificate
            assert self.do("GetPrivateKeyStatus", KeyID=key) is False
            self.do("DeleteKey", KeyID=key)
        assert ids() == before


def main():
    c = Caller(json.load(sys.stdin))
    c.find_services()
    known = {name for binding in c.client("tas").wsdl.bindings.values() for name in binding._operations}
    life, failures = Life(c), {}
    try:
        life.live()
    except Exception as e:  # noqa: BLE001: whatever a client library throws is the finding
        import traceback
        failures["life"] = "".join(traceback.format_exception(e)[-3:])
    json.dump({"called": life.called, "known": sorted(known), "failures": failures}, sys.stdout)


if __name__ == "__main__":
    main()
