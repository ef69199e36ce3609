// The live view: what the sandbox and the processes that use it say of themselves.

import { Log, byId, clockTime, make, seconds, setText } from "./dom.js";

export class Live {
  #chosen = null; // the call whose timeline is shown
  #calls = [];
  #told = false;
  #shown = 0; // lines of the timeline
  #log = new Log(byId("timeline").querySelector(".log"), byId("timeline").querySelector("ol"));

  constructor(order) {
    this.order = order;
    for (const button of document.querySelectorAll("[data-fault]")) {
      button.addEventListener("click", () => {
        const field = button.parentElement.querySelector(":scope.with input");
        if (field === null || field.reportValidity()) order({ type: "Arm", fault: button.dataset.fault, amount: field?.valueAsNumber ?? 0 });
      });
    }
  }

  show(live) {
    this.#calls = live.calls;
    byId("no-live-calls").hidden = !live.more_calls && live.calls.some((call) => call.state !== "ended");
    setText(byId("no-live-calls"), live.more_calls ? `and ${live.more_calls} more` : "No call is up.");
    this.#rows(live.calls);
    this.#timeline();
    this.#apps(live.apps);
    const armed = live.armed.length ? `${live.armed.join("; ")}.` : "";
    const away = live.sessions.length && live.sessions.every((each) => each.link === "gone") ? "The app is not connected." : "";
    setText(byId("armed"), [armed, away].filter(Boolean).join(" ") || "Nothing is armed.");
    const dropped = live.dropped ? { messages_dropped_for_this_browser: live.dropped } : {};
    counts(byId("counters"), { ...live.counters, ...dropped });
  }

  // The timeline of the chosen call alone is told.
  follow() {
    if (this.#chosen !== null || this.#told) this.order({ type: "Follow", call_id: this.#chosen ?? "" });
    this.#told = this.#chosen !== null;
  }

  #rows(calls) {
    const body = byId("live-calls");
    const rows = new Map([...body.children].map((row) => [row.dataset.call, row]));
    calls.forEach((call, place) => {
      const row = rows.get(call.call_id) ?? this.#row(call);
      rows.delete(call.call_id);
      row.classList.toggle("over", call.state === "ended");
      const verb = call.doing && !["code", "idle"].includes(call.doing) ? call.doing : call.actions.join(", ") || call.doing;
      [call.state, clockTime(call.age), verb, shortened(call.where)].forEach((text, cell) => setText(row.cells[cell + 1], text));
      row.cells[4].title = call.where;
      if (body.children[place] !== row) body.insertBefore(row, body.children[place] ?? null);
    });
    for (const gone of rows.values()) gone.remove();
  }

  #row(call) {
    const context = call.context ? ` ${call.context}` : "";
    const choose = make("button", { type: "button", text: `${call.call_id.slice(0, 8)} ${call.direction}${context}`, "aria-pressed": "false" });
    choose.addEventListener("click", () => {
      this.#chosen = this.#chosen === call.call_id ? null : call.call_id;
      this.follow();
      this.#timeline();
    });
    return make("tr", { data: { call: call.call_id } },
      make("th", { scope: "row" }, choose), make("td"), make("td"), make("td"), make("td", { className: "where" }));
  }

  #timeline() {
    for (const row of byId("live-calls").children) {
      row.querySelector("button").setAttribute("aria-pressed", String(row.dataset.call === this.#chosen));
    }
    const call = this.#calls.find((each) => each.call_id === this.#chosen);
    byId("timeline").hidden = !call;
    if (!call) return;
    setText(byId("timeline-title"), `Timeline of ${call.call_id.slice(0, 8)}`);
    const { list } = this.#log;
    if (list.dataset.call !== call.call_id) {
      this.#log.clear();
      this.#shown = 0;
    }
    list.dataset.call = call.call_id;
    const unshown = call.timeline.slice(Math.max(0, this.#shown - call.earlier));
    this.#shown = Math.max(this.#shown, call.earlier + call.timeline.length);
    for (const [at, who, what] of unshown) {
      this.#log.append(make("li", {}, make("span", { className: "at", text: seconds(at) }),
        make("span", { className: "who", text: who }), make("span", { className: "what", text: what })));
    }
  }

  #apps(apps) {
    byId("no-apps").hidden = apps.length > 0;
    const place = byId("apps");
    while (place.children.length > apps.length) place.lastElementChild.remove();
    apps.forEach((app, index) => {
      const card = place.children[index] ?? place.appendChild(make("div", { className: "app" }, make("h4"), make("dl"), make("p", { className: "lost" })));
      setText(card.children[0], `${app.name} (process ${app.pid})`);
      counts(card.children[1], {
        state: app.state,
        connection: app.connection || "none",
        reconnects: app.reconnects,
        "hub lag": app.lag === null ? "not measured" : `at most ${Math.round(1000 * app.lag)} ms`,
        ...(app.memory ? { memory: `${Math.round(app.memory / 1e6)} MB` } : {}),
        ...app.counted,
      });
      setText(card.children[2], app.connection === "connected" ? "" : app.last_error);
    });
  }
}

// The end of a path is enough to know the file by.
const shortened = (where) => where.replace(/^.*\/([^/]+\/[^/]+)$/, "$1");

function counts(list, values) {
  const named = new Map([...list.children].map((row) => [row.dataset.name, row]));
  for (const [name, value] of Object.entries(values)) {
    const row = named.get(name) ?? list.appendChild(
      make("div", { data: { name } }, make("dt", { text: name.replaceAll("_", " ") }), make("dd")));
    named.delete(name);
    setText(row.lastElementChild, String(value));
  }
  for (const gone of named.values()) gone.remove();
}
