"""Calls every operation it is told of with python-zeep, from the official WSDL.

Reads one JSON object from standard input: wsdl (folder of the ONVIF schemas),
url (device service), user, password, operations (["tds:GetServices", ...]).
Writes one: results ({operation: what came back}), failures ({operation: why}).
"""

import datetime
import json
import os
import sys
import urllib.parse

import zeep
import zeep.helpers
from zeep.transports import Transport
from zeep.wsa import WsAddressingPlugin
from zeep.wsse.username import UsernameToken

SERVICES = {  # prefix: WSDL file, namespace
    "tds": ("ver10/device/wsdl/devicemgmt.wsdl", "http://www.onvif.org/ver10/device/wsdl"),
    "trt": ("ver10/media/wsdl/media.wsdl", "http://www.onvif.org/ver10/media/wsdl"),
    "tr2": ("ver20/media/wsdl/media.wsdl", "http://www.onvif.org/ver20/media/wsdl"),
    "tas": ("ver10/advancedsecurity/wsdl/advancedsecurity.wsdl", "http://www.onvif.org/ver10/advancedsecurity/wsdl"),
    "tev": ("ver10/events/wsdl/event.wsdl", "http://www.onvif.org/ver10/events/wsdl"),
    "wsnt": ("ver10/events/wsdl/event.wsdl", "http://www.onvif.org/ver10/events/wsdl"),
}


class Offline(Transport):
    """Finds the documents that the WSDL files import by address beside them."""

    def __init__(self, folder):
        super().__init__(timeout=30, operation_timeout=30)
        self.folder = folder

    def load(self, url):
        if urllib.parse.urlparse(url).scheme in ("http", "https"):
            name = os.path.basename(urllib.parse.urlparse(url).path)
            name = {"xmlmime": "xmlmime.xsd", "soap-envelope": "soap-envelope.xsd", "include": "xop-include.xsd"}.get(name, name)
            url = os.path.join(self.folder, "external", name)
        return super().load(url)


class Caller:
    def __init__(self, config):
        self.config = config
        self.transport = Offline(config["wsdl"])
        self.token = UsernameToken(config["user"], config["password"], use_digest=True)
        self.clients = {}
        self.addresses = {}
        self.subscription = None

    def client(self, prefix):
        file, _ = SERVICES[prefix]
        if file not in self.clients:
            plugins = [WsAddressingPlugin()] if prefix in ("tev", "wsnt") else []
            path = os.path.join(self.config["wsdl"], "wsdl", file)
            self.clients[file] = zeep.Client(path, wsse=self.token, transport=self.transport, plugins=plugins)
        return self.clients[file]

    def binding(self, prefix, operation):
        """The binding that has the operation; each port type has one."""
        for name, binding in self.client(prefix).wsdl.bindings.items():
            try:
                binding.get(operation)
                return name
            except (ValueError, KeyError):
                continue
        raise LookupError(f"no binding has {operation}")

    def call(self, name, address=None, **arguments):
        prefix, operation = name.split(":")
        if address is None:
            address = self.config["url"] if prefix == "tds" else self.addresses[SERVICES[prefix][1]]
        service = self.client(prefix).create_service(self.binding(prefix, operation), address)
        return getattr(service, operation)(**arguments)

    def find_services(self):
        for s in self.call("tds:GetServices", IncludeCapability=True):
            self.addresses[s.Namespace] = s.XAddr

    def pull_point(self):
        if self.subscription is None:
            answer = self.call("tev:CreatePullPointSubscription", InitialTerminationTime="PT60S")
            self.subscription = answer.SubscriptionReference.Address._value_1
        return self.subscription


def text(list_, attribute):
    return getattr(list_[0], attribute)


def arguments(c):
    """What each operation that needs arguments is called with."""
    profile = lambda: text(c.call("tr2:GetProfiles"), "token")
    source = lambda: text(c.call("trt:GetVideoSourceConfigurations"), "token")
    encoder = lambda: text(c.call("trt:GetVideoEncoderConfigurations"), "token")
    key = lambda: text(c.call("tas:GetAllKeys"), "KeyID")
    first = lambda name: (c.call(name) or [None])[0]
    now = datetime.datetime.now(datetime.timezone.utc)
    date = {
        "Time": {"Hour": now.hour, "Minute": now.minute, "Second": now.second},
        "Date": {"Year": now.year, "Month": now.month, "Day": now.day},
    }
    user = {"Username": "zeep", "Password": "tr0ub4dor&3", "UserLevel": "User"}
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    scope = "onvif://www.onvif.org/location/floor/2"
    pull = lambda: {"address": c.pull_point()}

    def csr():
        # Which algorithm fits the key is told by its fault alone.
        values = {"Subject": {"CommonName": ["zeep"]}, "KeyID": key(), "SignatureAlgorithm": {"algorithm": "1.2.840.10045.4.3.2"}}
        try:
            c.call("tas:CreatePKCS10CSR", **values)
        except zeep.exceptions.Fault:
            values["SignatureAlgorithm"] = {"algorithm": "1.2.840.113549.1.1.11"}
        return values

    return {
        "tds:GetServices": lambda: {"IncludeCapability": True},
        "tds:GetCapabilities": lambda: {"Category": ["All"]},
        "tds:SetSystemDateAndTime": lambda: {"DateTimeType": "Manual", "DaylightSavings": False, "TimeZone": {"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}, "UTCDateTime": date},
        "tds:AddScopes": lambda: {"ScopeItem": [scope]},
        "tds:RemoveScopes": lambda: {"ScopeItem": [scope]},
        "tds:SetScopes": lambda: {"Scopes": ["onvif://www.onvif.org/location/city/elsewhere"]},
        "tds:SetDiscoveryMode": lambda: {"DiscoveryMode": "Discoverable"},
        "tds:CreateUsers": lambda: {"User": [user]},
        "tds:SetUser": lambda: {"User": [dict(user, UserLevel="Operator")]},
        "tds:DeleteUsers": lambda: {"Username": ["zeep"]},
        "tds:SetUserRole": lambda: {"UserRole": {"Name": "Zeep", "Functions": ["tds:GetDNS", "tr2:GetStreamUri"]}},
        "tds:DeleteUserRole": lambda: {"UserRole": "Zeep"},
        "tds:SetRemoteUser": lambda: {"RemoteUser": {"Username": "zeep", "Password": "tr0ub4dor&3", "UseDerivedPassword": True}},
        "tds:SetPasswordComplexityConfiguration": lambda: {"MinLen": 4},
        "tds:SetPasswordHistoryConfiguration": lambda: {"Enabled": True, "Length": 3},
        "tds:SetAuthFailureWarningConfiguration": lambda: {"Enabled": True, "MonitorPeriod": 60, "MaxAuthFailures": 5},
        "tds:SetHashingAlgorithm": lambda: {"Algorithm": ["MD5", "SHA-256"]},
        "tds:SetHostname": lambda: {"Name": "zeep-was-here"},
        "tds:SetHostnameFromDHCP": lambda: {"FromDHCP": False},
        "tds:SetDNS": lambda: {"FromDHCP": False, "SearchDomain": ["example.org"], "DNSManual": [{"Type": "IPv4", "IPv4Address": "192.0.2.53"}]},
        "tds:SetNTP": lambda: {"FromDHCP": False, "NTPManual": [{"Type": "DNS", "DNSname": "ntp.example.org"}]},
        "tds:SetNetworkProtocols": lambda: {"NetworkProtocols": c.call("tds:GetNetworkProtocols")},
        "tds:SetNetworkDefaultGateway": lambda: {"IPv4Address": ["192.0.2.1"]},
        "trt:GetProfile": lambda: {"ProfileToken": profile()},
        "trt:GetVideoSourceConfiguration": lambda: {"ConfigurationToken": source()},
        "trt:GetVideoEncoderConfiguration": lambda: {"ConfigurationToken": encoder()},
        "trt:GetCompatibleVideoSourceConfigurations": lambda: {"ProfileToken": profile()},
        "trt:GetCompatibleVideoEncoderConfigurations": lambda: {"ProfileToken": profile()},
        "trt:GetStreamUri": lambda: {"StreamSetup": setup, "ProfileToken": profile()},
        "trt:GetSnapshotUri": lambda: {"ProfileToken": profile()},
        "trt:SetSynchronizationPoint": lambda: {"ProfileToken": profile()},
        "tr2:GetVideoEncoderInstances": lambda: {"ConfigurationToken": source()},
        "tr2:SetVideoEncoderConfiguration": lambda: {"Configuration": zeep.helpers.serialize_object(c.call("tr2:GetVideoEncoderConfigurations")[0], dict)},
        "tr2:GetProfiles": lambda: {"Type": ["All"]},
        "tr2:GetStreamUri": lambda: {"Protocol": "RTSP", "ProfileToken": profile()},
        "tr2:GetSnapshotUri": lambda: {"ProfileToken": profile()},
        "tr2:SetSynchronizationPoint": lambda: {"ProfileToken": profile()},
        "tas:GetKeyStatus": lambda: {"KeyID": key()},
        "tas:GetPrivateKeyStatus": lambda: {"KeyID": key()},
        "tas:CreatePKCS10CSR": csr,
        "tas:GetCertificate": lambda: {"CertificateID": text(c.call("tas:GetAllCertificates"), "CertificateID")},
        "tas:GetCertificationPath": lambda: {"CertificationPathID": first("tas:GetAllCertificationPaths")},
        "tas:GetNetworkInterfaceDot1XConfiguration": lambda: {"token": text(c.call("tds:GetNetworkInterfaces"), "token")},
        "tev:CreatePullPointSubscription": lambda: {"InitialTerminationTime": "PT60S"},
        "tev:PullMessages": lambda: dict(pull(), Timeout=datetime.timedelta(seconds=1), MessageLimit=10),
        "tev:SetSynchronizationPoint": pull,
        "wsnt:Renew": lambda: dict(pull(), TerminationTime="PT90S"),
        "tev:Unsubscribe": pull,
    }


# Operations on something a factory-new camera has none of: the answer is this fault.
MISSING = {
    "tas:GetCRL": ({"CrlID": "none"}, "CRLID"),
    "tas:GetDot1XConfiguration": ({"Dot1XID": "none"}, "Dot1XConfigurationID"),
    "tas:GetCertPathValidationPolicy": ({"CertPathValidationPolicyID": "none"}, "CertPathValidationPolicyID"),
}

# These come in an order that makes sense, and after all others.
LAST = ["tds:CreateUsers", "tds:SetUser", "tds:DeleteUsers", "tds:AddScopes", "tds:RemoveScopes", "tds:SetScopes",
        "tev:SetSynchronizationPoint", "tev:PullMessages", "wsnt:Renew", "tev:Unsubscribe", "tds:SystemReboot"]


def expect_fault(c, name):
    values, subcode = MISSING[name]
    try:
        c.call(name, **values)
    except zeep.exceptions.Fault as fault:
        if any(q.localname == subcode for q in fault.subcodes or []):
            return {"fault": subcode}
        raise
    raise AssertionError("an answer, where a fault is due")


def main():
    c = Caller(json.load(sys.stdin))
    c.find_services()
    known = arguments(c)
    results, failures = {}, {}
    wanted = c.config["operations"]
    for name in [n for n in wanted if n not in LAST] + [n for n in LAST if n in wanted]:
        try:
            if name in MISSING:
                results[name] = expect_fault(c, name)
                continue
            values = known[name]() if name in known else {}
            results[name] = zeep.helpers.serialize_object(c.call(name, **values), dict)
        except Exception as e:  # noqa: BLE001: whatever a client library throws is the finding
            failures[name] = f"{type(e).__name__}: {e}"
    json.dump({"results": results, "failures": failures}, sys.stdout, default=str)


if __name__ == "__main__":
    main()
