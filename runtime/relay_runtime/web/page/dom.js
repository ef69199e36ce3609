// Small helpers over the document. Text is always set as text: nothing that is told can become markup.

export const byId = (id) => document.getElementById(id);

export function make(tag, { text, ...properties } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(properties)) {
    if (name === "data") Object.assign(element.dataset, value);
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// A list that is read at its end: it follows what is new, until the reader scrolls up.
export class Log {
  #follows = true;
  #set = 0;

  constructor(place, list, most = Infinity) {
    this.place = place;
    this.list = list;
    this.most = most;
    place.addEventListener("scroll", () => {
      if (Math.abs(place.scrollTop - this.#set) < 2) return; // that was us
      this.#follows = place.scrollHeight - place.scrollTop - place.clientHeight < 24;
    });
  }

  append(item) {
    this.list.append(item);
    while (this.list.children.length > this.most) this.list.firstElementChild.remove();
    this.follow(item);
  }

  clear() {
    this.list.replaceChildren();
    this.#follows = true;
  }

  // Show an element of the list, or the point at its end: its beginning, if it is higher than the place.
  follow(element) {
    if (!this.#follows) return;
    const place = this.place.getBoundingClientRect();
    const { top, bottom } = element.getBoundingClientRect();
    const below = bottom - place.bottom + 8;
    const room = top - place.top - 8;
    if (below > 0) this.#scroll(Math.min(below, Math.max(room, 0)));
    else if (top < place.top) this.#scroll(room);
  }

  #scroll(by) {
    this.place.scrollTop += by;
    this.#set = this.place.scrollTop;
  }
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export const seconds = (value) => `${value.toFixed(1)} s`;

export function clockTime(value) {
  const whole = Math.max(0, Math.floor(value));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
