// The calls of the phone: one card each, the newest first.

import { append, byId, clockTime, make, seconds, setText } from "./dom.js";

const MOST_LINES = 500;
const MOST_CALLS = 30;

class Call {
  constructor(event, calls) {
    this.line = event.line;
    this.rings = event.rings;
    this.incoming = event.rings;
    this.up = true;
    this.began = performance.now();
    this.sounds = new Map();
    this.speaker = calls;
    const name = event.rings ? `The app calls ${event.number}` : `To ${event.number}`;
    this.name = `Line ${event.line}: ${name}`;
    this.state = make("span", { className: "state", text: event.rings ? "rings" : "dialling" });
    this.talk = make("button", { type: "button", text: "Talk here", hidden: true });
    this.talk.addEventListener("click", () => calls.turnTo(this));
    this.hangUp = make("button", { type: "button", className: "bad", text: "Hang up" });
    this.hangUp.addEventListener("click", () => calls.order({ type: "HangUp", line: this.line }));
    this.list = make("ol");
    const log = make("div", { className: "log", role: "log", tabIndex: 0, "aria-label": `${this.name}, what happens` }, this.list);
    const about = event.context ? ` · ${event.context}` : "";
    this.card = make("article", { className: "call", "aria-label": this.name },
      make("header", {}, make("h4", { text: this.name + about }), this.state, this.talk, this.hangUp), log);
  }

  since(age) {
    this.began = performance.now() - 1000 * age;
  }

  age() {
    return (performance.now() - this.began) / 1000;
  }

  says(at, who, what, className = "") {
    const text = make("span", { className: "what" });
    if (typeof what === "string") text.textContent = what;
    else text.append(what);
    const row = make("li", { className },
      make("span", { className: "at", text: seconds(at) }), make("span", { className: "who", text: who }), text);
    append(this.list, row, MOST_LINES);
    return row;
  }

  noted(event) {
    if (event.what.startsWith("offered") || event.what.startsWith("ends the call")) return;
    if (event.what === "answers") {
      this.rings = false;
      setText(this.state, "in conversation");
    }
    this.says(event.at, event.who, event.what);
  }

  sounded(event) {
    const who = event.kind === "speech" ? "peer" : "app";
    if (event.change === "begins") {
      const said = make("span", { text: spoken(event) ? "" : described(event) });
      const unsaid = make("span", { className: "unsaid", text: spoken(event) ? event.text : "" });
      const row = this.says(event.at, who, make("span", {}, said, unsaid), "sounding");
      this.sounds.set(event.sound, { event, said, unsaid, row, runs: event.at });
      return;
    }
    const sound = this.sounds.get(event.sound);
    if (!sound) return;
    if (event.change === "resumes") {
      sound.runs = event.at - (sound.before ?? 0);
      return;
    }
    this.#show(event.sound, spoken(event) ? event.words : described(event));
    if (event.change === "pauses") {
      sound.before = event.seconds * (event.words.length / Math.max(1, event.text.length));
      sound.runs = null;
      return;
    }
    sound.row.classList.remove("sounding");
    this.sounds.delete(event.sound);
    if (event.change === "stops") this.says(event.at, who, spoken(event) ? "is cut off" : `stops ${event.text}`);
  }

  // Shows how far what is being spoken has come.
  tick() {
    if (!this.up) return;
    const age = this.age();
    for (const [number, { event, runs }] of this.sounds) {
      if (!spoken(event) || runs === null) continue;
      const share = Math.min(1, Math.max(0, (age - runs) / Math.max(event.seconds, 0.001)));
      this.#show(number, event.text.slice(0, Math.round(event.text.length * share)));
    }
    if (!this.rings) setText(this.hangUp, `Hang up (${clockTime(age)})`);
  }

  #show(number, words) {
    const { event, said, unsaid } = this.sounds.get(number);
    setText(said, words);
    setText(unsaid, spoken(event) ? event.text.slice(words.length) : "");
  }

  ended(event) {
    this.up = this.rings = false;
    this.sounds.clear();
    for (const row of this.list.querySelectorAll(".sounding")) row.classList.remove("sounding");
    const why = event.reason === "hangup" ? "" : `: ${event.reason}`;
    const failed = event.reason === "error" ? "crash" : "";
    const how = ["answered", "transferred"].includes(event.status) ? "hangs up" : `ends the call, ${event.status}`;
    this.says(event.at, event.by, how + why, failed);
    setText(this.state, `over after ${clockTime(event.at)}`);
    this.hangUp.hidden = this.talk.hidden = true;
  }
}

const spoken = (event) => event.kind === "tts" || event.kind === "speech";

function described(event) {
  const how = { digits: "sends the digits", ringtone: "plays the ringing tone", audio: "plays" };
  return `${how[event.kind] ?? "plays"} ${event.text}`;
}

export class Calls {
  #calls = []; // the oldest first
  current = null;

  // order(order) sends one; changed() is told when another call is current, or its state is another one.
  constructor(order, changed) {
    this.order = order;
    this.changed = changed;
    setInterval(() => this.#calls.forEach((call) => call.tick()), 150);
  }

  clear() {
    this.#calls = [];
    this.current = null;
    byId("calls").replaceChildren();
    this.#show();
  }

  turnTo(call) {
    this.current = call;
    this.#show();
  }

  take(event, ages = {}) {
    if (event.type === "LineOpened") this.#open(event);
    const call = this.#calls.findLast((each) => each.line === event.line);
    if (!call) return;
    if (event.line in ages && event.type === "LineOpened") call.since(ages[event.line]);
    if (event.type === "LineNoted") call.noted(event);
    if (event.type === "SoundChanged") call.sounded(event);
    if (event.type === "LineEnded") call.ended(event);
    this.#show();
  }

  // An overview tells the age of what is up now; calls of the same line before that were over.
  since(ages) {
    for (const call of this.#calls) if (call.up && call.line in ages) call.since(ages[call.line]);
  }

  crashed(event) {
    const call = this.current ?? this.#calls.at(-1);
    const trace = make("details", {}, make("summary", { text: `crashes: ${event.what}` }), make("pre", { text: event.traceback }));
    if (call) call.says(call.age(), "app", trace, "crash");
  }

  #open(event) {
    const call = new Call(event, this);
    this.#calls.push(call);
    byId("calls").prepend(call.card);
    if (!this.current?.up || !event.rings) this.current = call;
    while (this.#calls.length > MOST_CALLS && !this.#calls[0].up) this.#calls.shift().card.remove();
  }

  #show() {
    if (!this.current?.up) this.current = this.#calls.findLast((call) => call.up && !call.rings) ?? this.current;
    const up = this.#calls.filter((call) => call.up);
    for (const call of this.#calls) {
      call.card.classList.toggle("current", call === this.current && call.up);
      call.talk.hidden = !call.up || call.rings || call === this.current;
      call.hangUp.hidden = !call.up || call.rings;
    }
    byId("no-calls").hidden = this.#calls.length > 0;
    this.#ring(up.filter((call) => call.rings));
    this.changed();
  }

  // What rings stays as it is while it rings, so that a button is not lost under a finger.
  #ring(ringing) {
    const place = byId("ringing");
    for (const old of [...place.children]) if (!ringing.some((call) => call.ring === old)) old.remove();
    for (const call of ringing) {
      if (call.ring) continue;
      const answer = make("button", { type: "button", className: "primary", text: "Answer" });
      answer.addEventListener("click", () => {
        if (this.order({ type: "Answer", line: call.line })) this.turnTo(call);
      });
      const decline = make("button", { type: "button", className: "bad", text: "Decline" });
      decline.addEventListener("click", () => this.order({ type: "Decline", line: call.line }));
      call.ring = make("div", { className: "ring" }, make("p", { text: call.name }), answer, decline);
      place.append(call.ring);
    }
  }
}
