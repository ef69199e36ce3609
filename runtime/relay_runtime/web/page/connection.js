// The WebSocket to the sandbox. It comes back by itself; the server then tells all that is known.

const LONGEST_PAUSE = 8000; // milliseconds
const TRY_AGAIN_LATER = 1013;

export class Connection {
  #socket = null;
  #pause = 500;

  // told(message) gets each message; changed(state, reason) gets "connecting", "open" or "lost".
  constructor(told, changed) {
    this.told = told;
    this.changed = changed;
  }

  open() {
    this.changed("connecting");
    const socket = new WebSocket(`ws://${location.host}/socket`);
    socket.addEventListener("open", () => {
      this.#socket = socket;
      this.#pause = 500;
      this.changed("open");
    });
    socket.addEventListener("message", (event) => this.told(JSON.parse(event.data)));
    socket.addEventListener("close", ({ code, reason }) => {
      this.#socket = null;
      this.changed("lost", code === TRY_AGAIN_LATER ? reason : "");
      setTimeout(() => this.open(), this.#pause);
      this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    });
  }

  // Returns whether it was sent: what is ordered while nobody listens is not kept, since it may make no sense later.
  send(order) {
    if (this.#socket === null) return false;
    this.#socket.send(JSON.stringify(order));
    return true;
  }
}
