// Plays RTSP over WebSocket with the npm package "ws", as a web page would.
//
// Reads one JSON object from standard input: websocket and rtsp (addresses),
// username, password, token (a bearer token in the place of both), ca (PEM),
// pictures (how many to take). Writes the H.264 stream, in Annex B form.
"use strict";

const { createHash } = require("node:crypto");
const WebSocket = require("ws");

const md5 = (text) => createHash("md5").update(text).digest("hex");
const start = Buffer.from([0, 0, 0, 1]);

// Connection gives what messages bring, in any cut, as answers and packets.
class Connection {
  constructor(config) {
    const headers = config.token ? { Authorization: `Bearer ${config.token}` } : {};
    this.config = config;
    this.socket = new WebSocket(config.websocket, ["rtsp.onvif.org"], { ca: config.ca, headers });
    this.rest = Buffer.alloc(0);
    this.answers = [];
    this.packet = () => {};
    this.cseq = 0;
    this.failed = new Promise((_, reject) => {
      this.socket.on("error", reject);
      this.socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
    });
    this.failed.catch(() => {});
    this.opened = new Promise((resolve) => this.socket.on("open", resolve));
    this.socket.on("message", (data, binary) => {
      if (!binary) throw new Error("a text message");
      this.rest = Buffer.concat([this.rest, data]);
      while (this.next());
    });
  }

  next() {
    if (this.rest.length < 4) return false;
    if (this.rest[0] === 0x24) {
      const end = 4 + this.rest.readUInt16BE(2);
      if (this.rest.length < end) return false;
      if (this.rest[1] === 0) this.packet(this.rest.subarray(4, end));
      this.rest = this.rest.subarray(end);
      return true;
    }
    const head = this.rest.indexOf("\r\n\r\n");
    if (head < 0) return false;
    const text = this.rest.toString("utf8", 0, head);
    const end = head + 4 + Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
    if (this.rest.length < end) return false;
    this.answers.shift()({ status: Number(text.split(" ")[1]), head: text });
    this.rest = this.rest.subarray(end);
    return true;
  }

  async ask(method, uri, lines = []) {
    const answer = await this.send(method, uri, lines);
    if (answer.status !== 401 || this.challenge) return answer;
    this.challenge = Object.fromEntries([.../(\w+)="([^"]*)"/g[Symbol.matchAll](/^www-authenticate: digest (.*)$/im.exec(answer.head)?.[1] ?? "")].map((m) => [m[1], m[2]]));
    return this.challenge.nonce && this.config.username ? this.send(method, uri, lines) : answer;
  }

  send(method, uri, lines) {
    const { username, password } = this.config;
    if (this.challenge?.nonce) {
      const { realm, nonce, opaque } = this.challenge;
      const nc = String(this.cseq).padStart(8, "0");
      const response = md5([md5(`${username}:${realm}:${password}`), nonce, nc, "c", "auth", md5(`${method}:${uri}`)].join(":"));
      lines = [...lines, `Authorization: Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", qop=auth, nc=${nc}, cnonce="c", response="${response}", opaque="${opaque}"`];
    }
    this.socket.send(Buffer.from([`${method} ${uri} RTSP/1.0`, `CSeq: ${++this.cseq}`, ...lines, "", ""].join("\r\n")));
    return Promise.race([new Promise((resolve) => this.answers.push(resolve)), this.failed]);
  }

  async must(method, uri, lines) {
    const answer = await this.ask(method, uri, lines);
    if (answer.status !== 200) throw new Error(`${method}: ${answer.head.split("\r\n")[0]}`);
    return answer;
  }
}

// unpack gives the NAL units of a packet in Annex B form (RFC 6184 5.6 to 5.8).
function unpack(payload) {
  const kind = payload[0] & 0x1f;
  if (kind < 24) return [start, payload];
  if (kind === 28) {
    const begin = payload[1] & 0x80 ? [start, Buffer.from([(payload[0] & 0xe0) | (payload[1] & 0x1f)])] : [];
    return [...begin, payload.subarray(2)];
  }
  if (kind !== 24) throw new Error(`packet of type ${kind}`);
  const units = [];
  for (let at = 1; at < payload.length; at += 2 + payload.readUInt16BE(at)) units.push(start, payload.subarray(at + 2, at + 2 + payload.readUInt16BE(at)));
  return units;
}

async function main(config) {
  const c = new Connection(config);
  await Promise.race([c.opened, c.failed]);
  if (c.socket.protocol !== "rtsp.onvif.org") throw new Error(`subprotocol ${c.socket.protocol}`);
  await c.must("DESCRIBE", config.rtsp, ["Accept: application/sdp"]);
  const setup = await c.must("SETUP", `${config.rtsp}/trackID=0`, ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1"]);
  const session = `Session: ${/^session: *([^;\r]+)/im.exec(setup.head)[1]}`;
  const stream = [];
  let pictures = 0;
  const enough = new Promise((resolve) => {
    c.packet = (packet) => {
      if (pictures === config.pictures) return;
      stream.push(...unpack(packet.subarray(12 + 4 * (packet[0] & 0x0f))));
      if (packet[1] & 0x80 && ++pictures === config.pictures) resolve(); // marker: the picture's last
    };
  });
  await c.must("PLAY", config.rtsp, [session]);
  await Promise.race([enough, c.failed]);
  c.packet = () => {};
  await c.must("TEARDOWN", config.rtsp, [session]);
  c.socket.close(1000);
  process.stdout.write(Buffer.concat(stream));
}

let input = "";
process.stdin.on("data", (data) => { input += data; });
process.stdin.on("end", () => main(JSON.parse(input)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
  setTimeout(() => process.exit(), 100);
}));
