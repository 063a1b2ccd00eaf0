// Does with the npm package "onvif" what a program that uses it does first.
//
// Reads one JSON object from standard input: hostname, port, username, password,
// events (whether to pull events). Writes one: what each call gave.
"use strict";

const { Cam } = require("onvif");

const promise = (object, method, ...args) => new Promise((resolve, reject) => {
  object[method](...args, (error, result) => error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result));
});

async function main(config) {
  const cam = new Cam({ ...config, autoconnect: false, timeout: 30000 });
  await promise(cam, "connect");
  const out = {
    date: await promise(cam, "getSystemDateAndTime"),
    information: await promise(cam, "getDeviceInformation"),
    profiles: await promise(cam, "getProfiles"),
    sources: await promise(cam, "getVideoSources"),
    streams: [],
    snapshots: [],
  };
  for (const profile of out.profiles) {
    const profileToken = profile.$.token;
    out.streams.push(await promise(cam, "getStreamUri", { protocol: "RTSP", profileToken }));
    out.snapshots.push(await promise(cam, "getSnapshotUri", { profileToken }));
  }
  if (config.events) {
    out.topics = (await promise(cam, "getEventProperties")).topicSet;
    out.subscription = await promise(cam, "createPullPointSubscription");
    out.pulled = await promise(cam, "pullMessages", { timeout: "PT1S", messageLimit: 10 });
    await promise(cam, "unsubscribe");
  }
  return out;
}

let text = "";
process.stdin.on("data", (chunk) => { text += chunk; });
process.stdin.on("end", () => {
  main(JSON.parse(text)).then(
    (out) => process.stdout.write(JSON.stringify(out), () => process.exit(0)),
    (error) => { process.stderr.write(`${error.message}\n`); process.exit(1); });
});
