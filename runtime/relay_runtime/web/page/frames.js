// Frames as they pass, the newest at the end; their content is laid out when it is opened.

import { append, byId, make, setText } from "./dom.js";

const MOST = 300;

export class Frames {
  #skipped = 0;

  clear() {
    this.#skipped = 0;
    byId("frames").replaceChildren();
    setText(byId("skipped"), "");
  }

  show({ frames, skipped = 0 }) {
    if (byId("hold").checked) {
      this.#skip(frames.length + skipped);
      return;
    }
    if (skipped) this.#skip(skipped);
    for (const frame of frames) append(byId("frames"), row(frame), MOST);
  }

  #skip(count) {
    this.#skipped += count;
    setText(byId("skipped"), `${this.#skipped} frames are not listed.`);
  }
}

function row(entry) {
  const arrow = entry.direction === "in" ? "app →" : "→ app";
  const summary = make("summary", { text: `${new Date(1000 * entry.at).toISOString().slice(11, 23)} ${arrow} ${title(entry)}` });
  const details = make("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (details.children.length > 1) return;
    details.append(make("pre", { text: entry.raw ?? JSON.stringify(entry.frame, null, 1) }));
  }, { once: true });
  return make("li", {}, details);
}

function title({ frame, raw }) {
  if (frame === undefined) return `no JSON: ${raw.slice(0, 40)}`;
  if (frame.method === "signalwire.event") return frame.params?.event_type ?? "an event";
  if (frame.method !== undefined) return frame.method;
  const code = frame.error?.code ?? frame.result?.code;
  return code === undefined ? "reply" : `reply ${code}`;
}
