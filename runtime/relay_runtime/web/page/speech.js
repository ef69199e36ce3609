// What the app says, spoken by the browser while it lasts.

export class Speech {
  #utterances = new Map(); // by sound

  constructor(synthesis = window.speechSynthesis) {
    this.synthesis = synthesis;
    this.aloud = false;
  }

  turn(aloud) {
    this.aloud = aloud;
    if (!aloud) this.silence();
  }

  // Takes a SoundChanged.
  hear(event) {
    if (!this.aloud || !this.synthesis || event.kind !== "tts") return;
    const known = this.#utterances.get(event.sound);
    if (event.change === "begins") this.#speak(event.sound, event.text);
    else if (event.change === "pauses" && known) this.synthesis.pause();
    else if (event.change === "resumes" && known) this.synthesis.resume();
    else if (event.change === "stops" && known) this.#stop(event.sound);
    // One that "ends" is said to its end: a voice may be slower than the line.
  }

  silence() {
    this.#utterances.clear();
    this.synthesis?.cancel();
  }

  #speak(sound, text) {
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.addEventListener("end", () => this.#utterances.delete(sound));
    this.#utterances.set(sound, utterance);
    this.synthesis.speak(utterance);
  }

  #stop(sound) {
    // The browser can't take one out of the middle: what waits behind it is said anew.
    this.#utterances.delete(sound);
    const waiting = [...this.#utterances];
    this.silence();
    this.synthesis.resume(); // or a pause would outlast what was paused
    for (const [each, utterance] of waiting) this.#speak(each, utterance.text);
  }
}
