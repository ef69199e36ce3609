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

// Keep a list at its end while the reader is there, and where it is while they read above.
export function append(list, item, most = Infinity) {
  const log = list.closest(".log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
  list.append(item);
  while (list.children.length > most) list.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export const seconds = (value) => `${value.toFixed(1)} s`;

export function clockTime(value) {
  const whole = Math.max(0, Math.floor(value));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
