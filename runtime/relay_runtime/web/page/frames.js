// Frames as they pass, the newest at the end; their content is laid out when it is opened.

import { Log, byId, make, setText } from "./dom.js";

const MOST = 300;

export class Frames {
  #skipped = 0;
  #methods = new Map(); // of requests, by id: a reply does not name what it answers
  #log = new Log(byId("frames").closest(".log"), byId("frames"), MOST);

  // One stop for Tab, whatever has passed; arrows go from frame to frame.
  constructor() {
    const { place, list } = this.#log;
    place.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step === undefined || !list.children.length) return;
      event.preventDefault();
      const now = document.activeElement.closest("#frames li");
      const next = now === null ? list.lastElementChild : step > 0 ? now.nextElementSibling : now.previousElementSibling;
      next?.querySelector("summary").focus();
    });
  }

  clear() {
    this.#skipped = 0;
    this.#methods.clear();
    this.#log.clear();
    setText(byId("skipped"), "");
  }

  show({ frames, skipped = 0 }) {
    if (byId("hold").checked) {
      this.#skip(frames.length + skipped);
      return;
    }
    if (skipped) this.#skip(skipped);
    for (const entry of frames) this.#log.append(row(entry, this.#title(entry)));
  }

  // A frame may be anything: whatever somebody has sent.
  #title({ frame, raw }) {
    if (raw !== undefined) return `no JSON: ${raw.slice(0, 40)}`;
    if (frame === null || typeof frame !== "object") return `no frame: ${text(frame).slice(0, 40)}`;
    if (frame.method !== undefined) {
      const name = text(frame.method === "signalwire.event" ? frame.params?.event_type : frame.method);
      this.#methods.set(frame.id, name);
      if (this.#methods.size > MOST) this.#methods.delete(this.#methods.keys().next().value);
      return name;
    }
    const code = frame.error?.code ?? frame.result?.code;
    const about = this.#methods.get(frame.id) ?? "something before";
    return code === undefined ? `reply to ${about}` : `reply ${text(code)} to ${about}`;
  }

  #skip(count) {
    this.#skipped += count;
    setText(byId("skipped"), `${this.#skipped} frames are not listed.`);
  }
}

function row(entry, title) {
  const arrow = entry.direction === "in" ? "app →" : "→ app";
  const summary = make("summary", { text: `${new Date(1000 * entry.at).toISOString().slice(11, 23)} ${arrow} ${title}` });
  summary.tabIndex = -1;
  const details = make("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (details.children.length > 1) return;
    details.append(make("pre", { text: entry.raw ?? JSON.stringify(entry.frame, null, 1) }));
  }, { once: true });
  return make("li", {}, details);
}

const text = (value) => (typeof value === "string" ? value : JSON.stringify(value) ?? "nothing");
