"""A WS-Discovery client with nothing but Python's standard library.

usage: probe.py PORT COUNT   multicasts a Probe on loopback and prints one line
                             a camera (address, types, XAddrs), COUNT in all
"""
import socket
import struct
import sys
import uuid
import xml.etree.ElementTree as ET

WSA = "{http://schemas.xmlsoap.org/ws/2004/08/addressing}"
WSD = "{http://schemas.xmlsoap.org/ws/2005/04/discovery}"

PROBE = """<?xml version="1.0" encoding="utf-8"?>
<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<Header><wsa:MessageID xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing">%s</wsa:MessageID>
<wsa:To xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing">urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa:To>
<wsa:Action xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</wsa:Action></Header>
<Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery"><Types>dn:NetworkVideoTransmitter</Types><Scopes/></Probe></Body></Envelope>"""

port, count = int(sys.argv[1]), int(sys.argv[2])
message = "urn:uuid:%s" % uuid.uuid4()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
s.bind(("", 0))
s.settimeout(20)
s.sendto((PROBE % message).encode(), ("239.255.255.250", port))
found = {}
while len(found) < count:
    data, peer = s.recvfrom(65536)
    root = ET.fromstring(data)
    if root.findtext(".//" + WSA + "RelatesTo") != message:
        sys.exit("answer to another question: %s" % data)
    for m in root.iter(WSD + "ProbeMatch"):
        found[m.findtext(WSA + "EndpointReference/" + WSA + "Address")] = (peer[0], m.findtext(WSD + "Types"), m.findtext(WSD + "XAddrs"))
for address in sorted(found):
    print(address, *found[address], sep="|")
