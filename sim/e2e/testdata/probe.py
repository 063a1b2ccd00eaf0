"""Looks for ONVIF devices by WS-Discovery, with the standard library alone.

Sends one Probe to the multicast group over the loopback interface and prints
what answers of the devices the arguments name, one JSON object a line, until
all have answered or half a minute is over.
"""

import json
import socket
import sys
import time
import uuid
import xml.etree.ElementTree as ElementTree

GROUP = ("239.255.255.250", 3702)
D = "{http://schemas.xmlsoap.org/ws/2005/04/discovery}"
A = "{http://schemas.xmlsoap.org/ws/2004/08/addressing}"
PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<e:Header><w:MessageID>urn:uuid:{id}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>
<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>
<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"""


def main(wanted):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
    s.bind(("127.0.0.1", 0))
    end = time.monotonic() + 30
    seen = set()
    question = str(uuid.uuid4())
    again = 0.0
    while not wanted <= seen and time.monotonic() < end:
        if time.monotonic() >= again:  # a datagram may be lost
            s.sendto(PROBE.format(id=question).encode(), GROUP)
            again = time.monotonic() + 3
        s.settimeout(max(0.01, again - time.monotonic()))
        try:
            data, _ = s.recvfrom(65536)
        except socket.timeout:
            continue
        tree = ElementTree.fromstring(data)
        if tree.findtext(f".//{A}RelatesTo") != "urn:uuid:" + question:
            continue
        for match in tree.iter(D + "ProbeMatch"):
            device = match.findtext(f"{A}EndpointReference/{A}Address")
            if device in seen or device not in wanted:
                continue
            seen.add(device)
            print(json.dumps({
                "device": device,
                "types": match.findtext(D + "Types"),
                "scopes": match.findtext(D + "Scopes").split(),
                "xaddrs": match.findtext(D + "XAddrs").split(),
                "message": data.decode(),
            }))


main(set(sys.argv[1:]))
