"""Listens for the Hellos of an ONVIF device, with the standard library alone.

Joins the multicast group of WS-Discovery on the loopback interface, prints
"ready", and then each Hello of the device that the argument names, one JSON
object a line, until two minutes are over.
"""

import json
import socket
import sys
import time
import xml.etree.ElementTree as ElementTree

GROUP = "239.255.255.250"
D = "{http://schemas.xmlsoap.org/ws/2005/04/discovery}"
A = "{http://schemas.xmlsoap.org/ws/2004/08/addressing}"


def main(wanted):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((GROUP, 3702))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1"))
    print("ready", flush=True)
    end = time.monotonic() + 120
    while time.monotonic() < end:
        s.settimeout(max(0.01, end - time.monotonic()))
        try:
            data, _ = s.recvfrom(65536)
        except socket.timeout:
            break
        for hello in ElementTree.fromstring(data).iter(D + "Hello"):
            if hello.findtext(f"{A}EndpointReference/{A}Address") == wanted:
                print(json.dumps({"xaddrs": (hello.findtext(D + "XAddrs") or "").split(), "message": data.decode()}), flush=True)


main(sys.argv[1])
