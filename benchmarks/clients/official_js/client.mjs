// SignalWire's client for JavaScript, @signalwire/realtime-api, by its public API: answer, play one sentence, hang up.
//
//   node client.mjs PACKAGES '{"port": 5000, …}'
//
// PACKAGES is the folder whose node_modules has the client; the rest is what `__init__.py` beside this file gives. Nothing of
// the client is changed: a host with a scheme of its own is taken as it is, and so it connects to a plain loopback socket.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [packages, given] = process.argv.slice(2);
const { port, project, token, context, prompt } = JSON.parse(given);
const versionOf = (name) =>
  JSON.parse(readFileSync(path.join(packages, "node_modules", name, "package.json"), "utf8")).version;

async function serveCall(call) {
  await call.answer();
  await call.playTTS({ text: prompt }); // is kept once the prompt has ended
  await call.hangup();
}

const importBegan = performance.now();
const { SignalWire } = createRequire(path.join(packages, "/"))("@signalwire/realtime-api");
const importEnded = performance.now();
const client = await SignalWire({ host: `ws://127.0.0.1:${port}`, project, token, logLevel: "error" });
await client.voice.listen({
  topics: [context],
  onCallReceived: (call) => serveCall(call).catch((error) => console.error(error)),
});
const report = {
  import_s: (importEnded - importBegan) / 1000,
  connect_s: (performance.now() - importEnded) / 1000,
  version: versionOf("@signalwire/realtime-api"),
  node: process.versions.node,
};
console.log(JSON.stringify(report));
