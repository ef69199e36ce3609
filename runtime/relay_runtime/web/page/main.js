// Brings the parts of the page together: what the server tells goes to them, what the person does goes to the server.

import { Calls } from "./calls.js";
import { Connection } from "./connection.js";
import { Log, byId, make, setText } from "./dom.js";
import { Frames } from "./frames.js";
import { Live } from "./live.js";
import { Speech } from "./speech.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const NAMES = { "*": "star", "#": "pound" };
const COMPLAINT_FOR = 8000; // milliseconds

const speech = new Speech();
const frames = new Frames();
const connection = new Connection(take, changed);
const live = new Live(order);
const calls = new Calls(order, talkable);
const thread = new Log(byId("messages").closest(".log"), byId("messages"), 200);
let complaining = 0;

function order(what) {
  byId("complaint").hidden = true;
  if (connection.send(what)) return true;
  complain("There is no connection to the sandbox; try again when it is back.");
  return false;
}

function changed(state, reason = "") {
  const said = {
    connecting: "connecting…",
    open: "connected",
    lost: reason || "No answer: trying again. If the program was started anew, open the URL that it has printed.",
  }[state];
  // Tries that fail again tell nothing new.
  if (state === "connecting" && byId("connection").classList.contains("lost")) return;
  setText(byId("connection"), said);
  byId("connection").classList.toggle("lost", state === "lost");
  byId("live").classList.toggle("stale", state === "lost");
  if (state === "lost") speech.silence();
}

function complain(text) {
  const place = byId("complaint");
  setText(place, text);
  place.hidden = false;
  clearTimeout(complaining);
  complaining = setTimeout(() => (place.hidden = true), COMPLAINT_FOR);
}

function take(message) {
  if (message.type === "Overview") begin(message);
  else if (message.type === "Live") showLive(message);
  else if (message.type === "Frames") frames.show(message);
  else if (message.type === "Complaint") complain(message.text);
  else happen(message);
}

function begin(overview) {
  calls.clear();
  frames.clear();
  thread.clear();
  speech.silence();
  for (const event of overview.events) happen(event, true);
  calls.since(overview.ages);
  const dial = byId("dial").elements;
  if (overview.ready) {
    dial.number.value ||= overview.to_number;
    dial.context.value ||= overview.context;
  }
  setText(byId("connection"), overview.ready ? `connected · this phone is ${overview.number}` : "connected; waiting for the app");
  live.follow();
  frames.show({ frames: overview.frames });
}

function happen(event, old = false) {
  if (event.type === "MessageMoved") showMessage(event);
  else if (event.type === "AppCrashed") calls.crashed(event);
  else {
    calls.take(event);
    if (event.type === "SoundChanged" && !old) speech.hear(event);
    if (event.type === "LineEnded" && !calls.current?.up) speech.silence();
  }
}

function showLive(message) {
  live.show(message);
  const list = byId("contexts");
  const known = [...list.children].map((each) => each.value);
  if (known.join("\n") !== message.contexts.join("\n")) {
    list.replaceChildren(...message.contexts.map((value) => make("option", { value })));
  }
}

function showMessage(event) {
  const ours = event.state === "received";
  const id = `message-${event.message_id}`;
  const about = ours ? "to the app" : `from the app to ${event.to_number}: ${event.state}`;
  let item = byId(id);
  if (!item) {
    const text = [event.body, ...event.media].join(" ");
    item = make("li", { id, className: ours ? "ours" : "" }, make("span", { text }), make("small", { text: about }));
    thread.append(item);
  }
  setText(item.children[1], about);
}

function talkable() {
  const on = Boolean(calls.current?.talks);
  byId("keypad").disabled = !on;
  for (const control of byId("say").elements) control.disabled = !on;
}

function press(key) {
  if (!byId("keypad").disabled) order({ type: "Press", line: calls.current.line, keys: key });
}

for (const key of KEYS) {
  const button = make("button", { type: "button", text: key, data: { key }, "aria-label": NAMES[key] ?? key });
  button.addEventListener("click", () => press(key));
  byId("keypad").append(button);
}

// Keys that are typed are pressed, unless they are written into a field.
document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !KEYS.includes(key)) return;
  if (!byId("typed").checked || target.matches("input:not([type=checkbox]), textarea, select")) return;
  event.preventDefault();
  press(key);
  const button = byId("keypad").querySelector(`[data-key="${key}"]`);
  button.classList.add("pressed");
  setTimeout(() => button.classList.remove("pressed"), 150);
});

byId("dial").addEventListener("submit", (event) => {
  event.preventDefault();
  const { number, context } = event.target.elements;
  order({ type: "Dial", to_number: number.value, context: context.value });
  event.target.querySelector("button").focus(); // so that keys which are typed next are pressed
});

byId("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = event.target.elements.words;
  if (field.value.trim() && order({ type: "Say", line: calls.current.line, words: field.value })) field.value = "";
});

byId("text").addEventListener("submit", (event) => {
  event.preventDefault();
  const { body } = event.target.elements;
  if (body.value.trim() && order({ type: "Text", body: body.value, context: byId("dial").elements.context.value })) body.value = "";
});

byId("aloud").addEventListener("change", (event) => {
  speech.turn(event.target.checked);
  byId("aloud-note").hidden = !event.target.checked || Boolean(speech.synthesis?.getVoices().length);
});

for (const button of document.querySelectorAll("[data-shows]")) {
  button.addEventListener("click", () => {
    document.body.dataset.view = button.dataset.shows;
    for (const each of document.querySelectorAll("[data-shows]")) each.setAttribute("aria-pressed", String(each === button));
  });
}

// The token was spent; without it the address can be kept and loaded again.
history.replaceState(null, "", "/");
connection.open();
