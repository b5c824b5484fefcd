/** Fetches a reading and its planes side by side, shows each as it comes, and asks again while a run goes on. */

import { Refusal, isMoving, plane, reading, settled } from "./reader_feed.js";

const FOLLOW_MS = 3000;

export class Loader {
  /** `on` has data(part), which is told what is to be drawn anew: a "map", or "all"; busy(is); trouble(sentence or null).
   * `ask` fetches one plane. */
  constructor(scene, on, ask = plane) {
    Object.assign(this, { scene, on, ask, question: null, gates: [], isLive: false });
  }

  /** Want a question's gates, those shown first; `isLive` asks again every few seconds, and once more when it ends. */
  want(question, gates, isLive) {
    const hasEnded = this.isLive && !isLive;
    const isOther = question !== this.question;
    Object.assign(this, { question, gates, isLive: isLive && isMoving(question) });
    if (isOther || hasEnded) this.load();
    else this.rest();
  }

  async load() {
    clearTimeout(this.timer);
    this.loading?.abort();
    const loading = (this.loading = new AbortController());
    this.on.busy(true);
    try {
      await this.fetch(loading.signal);
      this.on.trouble(null);
    } catch (error) {
      if (loading.signal.aborted) return;
      if (!(error instanceof Refusal)) console.warn(error);
      this.on.trouble(error instanceof Refusal ? error.message : "The server does not answer.");
    }
    this.loading = null;
    this.on.busy(false);
    this.rest();
  }

  /** A question that means one thing for ever is asked at once in all its parts; of a run's newest snapshot, the planes are
   * asked for once its step is known, lest another snapshot comes in between. */
  async fetch(signal) {
    const { question, scene, gates } = this;
    const early = new Map(isMoving(question) ? [] : gates.map((gate) => [gate, this.ask(question, gate, signal)]));
    for (const asked of early.values()) asked.catch(() => {}); // its error is told by the await below
    const found = await reading(question, signal);
    if (this.shown === question && scene.reading?.step === found.step && scene.planes.size === found.gates.length) return;
    const asked = settled(question, found.step);
    const order = [...gates.filter((gate) => found.gates.includes(gate)), ...found.gates.filter((gate) => !gates.includes(gate))];
    await this.collect(found, new Map(order.map((gate) => [gate, early.get(gate) ?? this.ask(asked, gate, signal)])));
    this.shown = question;
  }

  /** Draw each plane as it comes; where a picture of the same size stands, all of them at once. */
  async collect(found, asked) {
    const { scene } = this;
    const planes = new Map();
    const replaces = scene.reading?.steps === found.steps && scene.reading?.units === found.units && scene.planes.size > 0;
    if (!replaces) this.adopt(found, planes);
    await Promise.all([...asked].map(async ([gate, coming]) => {
      planes.set(gate, await coming);
      if (scene.planes === planes) this.on.data(planes.size < asked.size ? "map" : "all");
    }));
    if (replaces) this.adopt(found, planes);
  }

  adopt(found, planes) {
    this.scene.take(found, planes);
    this.on.data("all");
  }

  rest() {
    clearTimeout(this.timer);
    if (this.isLive && !this.loading) this.timer = setTimeout(() => (document.hidden ? this.rest() : this.load()), FOLLOW_MS);
  }

  end() {
    clearTimeout(this.timer);
    this.loading?.abort();
  }
}
