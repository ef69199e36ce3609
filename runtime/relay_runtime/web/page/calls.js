// The calls of the phone: one card each, the newest first.

import { Log, byId, clockTime, make, seconds, setText } from "./dom.js";

const MOST_LINES = 500;
const MOST_CALLS = 12; // that are over

class Call {
  constructor(event, calls) {
    this.line = event.line;
    this.id = event.call_id;
    this.rings = event.rings;
    this.talks = false;
    this.last = 0;
    this.up = true;
    this.began = performance.now();
    this.sounds = new Map();
    const name = event.rings ? `The app calls ${event.number}` : `To ${event.number}`;
    this.name = `Line ${event.line}: ${name}`;
    this.state = make("span", { className: "state", text: event.rings ? "rings" : "dialling" });
    this.talk = make("button", { type: "button", text: "Talk here", hidden: true });
    this.talk.addEventListener("click", () => calls.turnTo(this));
    this.hangUp = make("button", { type: "button", className: "bad", text: "Hang up" });
    this.hangUp.addEventListener("click", () => {
      if (calls.order({ type: "HangUp", line: this.line })) this.card.focus(); // the button goes
    });
    const list = make("ol");
    const place = make("div", { className: "log", role: "log", tabIndex: 0, "aria-label": `${this.name}, what happens` }, list);
    this.log = new Log(place, list, MOST_LINES);
    this.card = make("article", { className: "call", "aria-label": this.name, tabIndex: -1 },
      make("header", {}, make("h4", { text: this.name }), this.state, this.talk, this.hangUp), place);
  }

  since(age) {
    this.began = performance.now() - 1000 * age;
  }

  age() {
    return (performance.now() - this.began) / 1000;
  }

  says(at, who, what, className = "") {
    this.last = at;
    const text = make("span", { className: "what" });
    if (typeof what === "string") text.textContent = what;
    else text.append(what);
    const row = make("li", { className },
      make("span", { className: "at", text: seconds(at) }), make("span", { className: "who", text: who }), text);
    this.log.append(row);
    return row;
  }

  noted(event) {
    if (event.what.startsWith("offered") || event.what.startsWith("ends the call")) return;
    if (event.what === "answers") {
      this.rings = false;
      this.talks = true;
      setText(this.state, "in conversation");
    }
    this.says(event.at, event.who, event.what);
  }

  sounded(event) {
    const who = event.kind === "speech" ? "peer" : "app";
    if (event.change === "begins") {
      const said = make("span", { text: spoken(event) ? "" : described(event) });
      const unsaid = make("span", { className: "unsaid", text: spoken(event) ? event.text : "" });
      const point = make("span"); // between the two: how far it has come
      const row = this.says(event.at, who, make("span", {}, said, point, unsaid), "sounding");
      this.sounds.set(event.sound, { event, said, unsaid, point, row, runs: event.at });
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
    for (const [number, { event, point, runs }] of this.sounds) {
      if (!spoken(event) || runs === null) continue;
      const share = Math.min(1, Math.max(0, (age - runs) / Math.max(event.seconds, 0.001)));
      this.#show(number, event.text.slice(0, Math.round(event.text.length * share)));
      if (share < 1) this.log.follow(point);
    }
    if (!this.rings) setText(this.hangUp, `Hang up (${clockTime(age)})`);
  }

  #show(number, words) {
    const { event, said, unsaid } = this.sounds.get(number);
    setText(said, words);
    setText(unsaid, spoken(event) ? event.text.slice(words.length) : "");
  }

  ended(event) {
    this.up = this.rings = this.talks = false;
    for (const { row } of this.sounds.values()) row.classList.remove("sounding");
    this.sounds.clear();
    const why = ["hangup", event.status].includes(event.reason) ? "" : `: ${event.reason}`;
    const failed = event.reason === "error" ? "crash" : "";
    const how = ["answered", "transferred"].includes(event.status) ? "hangs up" : `ends the call, ${event.status}`;
    this.says(event.at, event.by, how + why, failed);
    setText(this.state, `over after ${clockTime(event.at)}`);
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
    for (const place of ["calls", "crashes", "ringing"]) byId(place).replaceChildren();
    this.#show();
  }

  turnTo(call) {
    this.current = call;
    this.#show();
  }

  take(event) {
    if (event.type === "LineOpened") this.#open(event);
    const call = this.#calls.findLast((each) => each.line === event.line);
    if (!call) return;
    if (event.type === "LineNoted") call.noted(event);
    if (event.type === "SoundChanged") call.sounded(event);
    if (event.type === "LineEnded") call.ended(event);
    this.#show();
  }

  // An overview tells the age of what is up now; calls of the same line before that were over.
  since(ages) {
    for (const call of this.#calls) if (call.up && call.line in ages) call.since(ages[call.line]);
  }

  // A crash is in its call, or if it is of none, above all of them.
  crashed(event) {
    const call = this.#calls.findLast((each) => each.id === event.call_id);
    const error = event.traceback.trimEnd().split("\n").at(-1);
    const what = event.what.replace(/ (on|in) \w+ [0-9a-f-]{36}/, ""); // an id says nothing here
    const summary = make("summary", { text: call ? `crashes: ${error}` : what });
    const trace = make("details", {}, summary, make("pre", { text: event.traceback }));
    if (!call) {
      byId("crashes").prepend(make("li", {}, trace));
      return;
    }
    const row = call.says(call.last, "app", trace, "crash");
    trace.addEventListener("toggle", () => call.log.follow(row));
  }

  #open(event) {
    const call = new Call(event, this);
    this.#calls.push(call);
    byId("calls").prepend(call.card);
    if (!this.current?.up || !event.rings) this.current = call;
    for (const old of this.#calls.filter((each) => !each.up).slice(0, -MOST_CALLS)) {
      old.card.remove();
      this.#calls.splice(this.#calls.indexOf(old), 1);
    }
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
    const ringing = up.filter((call) => call.rings);
    document.title = `${ringing.length ? "A call rings · " : ""}Phone · relay-runtime`;
    this.#ring(ringing);
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
        if (!this.order({ type: "Answer", line: call.line })) return;
        this.turnTo(call);
        call.card.focus(); // the button goes
      });
      const decline = make("button", { type: "button", className: "bad", text: "Decline" });
      decline.addEventListener("click", () => this.order({ type: "Decline", line: call.line }));
      call.ring = make("div", { className: "ring" }, make("p", { text: call.name }), answer, decline);
      place.append(call.ring);
    }
  }
}
