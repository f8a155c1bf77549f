// The spikes of one neuron as clicks.

const AHEAD = 0.08, LATE = 0.3, SHORTEST = 0.0015; // seconds: of clicks after their frame, at most, and between two that are told apart

export class Sound {
  constructor() { this.context = null; this.last = 0; this.begin = 0; this.speed = 0; }
  get on() { return this.context?.state === "running" || this.starting === true; }
  /** Begins or ends; browsers allow it after a click or a key alone. */
  async toggle() {
    if (this.on) { this.starting = false; await this.context.suspend(); return; }
    this.starting = true;
    if (!this.context) {
      this.context = new AudioContext();
      const n = Math.round(this.context.sampleRate * 0.004), data = new Float32Array(n);
      for (let i = 0; i < n; i++) data[i] = 0.5 * (1 - i / n) ** 4 * (i % 12 < 6 ? 1 : -1);
      this.click = this.context.createBuffer(1, n, this.context.sampleRate); this.click.copyToChannel(data, 0);
    }
    await this.context.resume(); this.starting = false;
  }
  /** Plays spikes at times in ms after ``start``, of a network that runs at a speed in seconds a second. */
  play(times, start, speed) {
    if (!times || this.context?.state !== "running") return;
    const now = this.context.currentTime, ahead = this.begin + start / 1000 / speed - now;
    if (speed !== this.speed || ahead < 0 || ahead > LATE) { this.speed = speed; this.begin = now + AHEAD - start / 1000 / speed; }
    for (const t of times) {
      const at = this.begin + (start + t) / 1000 / speed;
      if (at < this.last + SHORTEST) continue;
      const one = this.context.createBufferSource(); one.buffer = this.click; one.connect(this.context.destination); one.start(at); this.last = at;
    }
  }
}
