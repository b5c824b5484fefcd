/** The bar under the panels: which training step is shown, how far the run is, and back to the newest. */

const WORDS = {
  queued: "Waiting in the queue",
  running: "Training",
  paused: "Paused",
  finished: "Finished",
  ended: "Ended",
  diverged: "Diverged",
  crashed: "Crashed",
  failed: "Failed",
};

export class Scrubber {
  constructor(onMove, onRelease, onLive) {
    this.element = document.createElement("div");
    this.element.className = "unroll-scrubber";
    this.element.innerHTML = `
      <output>step 0</output>
      <input type="range" min="0" max="0" step="1" aria-label="Training step shown">
      <button type="button" aria-pressed="true">Live</button>
      <span class="unroll-status" role="status"></span>
      <progress aria-label="Training progress" max="1" value="0"></progress>`;
    [this.counter, this.range, this.live, this.status, this.progress] = this.element.children;
    this.range.oninput = () => onMove(Number(this.range.value));
    this.range.onchange = () => onRelease();
    this.live.onclick = () => onLive();
  }

  /** Show the state: rows of the history, index shown, whether the newest is followed, and the run's news. */
  show(history, index, isLive, news) {
    const rows = history.rows;
    this.element.hidden = news.run === null;
    this.range.max = Math.max(rows.length - 1, 0);
    this.range.value = index;
    this.range.disabled = rows.length < 2;
    this.live.setAttribute("aria-pressed", String(isLive));
    const text = `step ${rows[index]?.step ?? 0} of ${news.steps ?? Math.max(history.last, 0)}`;
    if (this.counter.textContent !== text) this.counter.textContent = text;
    this.range.setAttribute("aria-valuetext", text);
    this.progress.value = Math.max(history.last, 0) / Math.max(news.steps ?? history.last, 1);
    this.say(sentence(history, news));
  }

  say(text) {
    if (this.status.textContent !== text) this.status.textContent = text;
  }
}

function sentence(history, news) {
  if (news.trouble) return news.trouble;
  const word = WORDS[news.status] ?? "";
  if (news.status === "queued" && news.queue) return `${word}, position ${news.queue}`;
  const left = news.status === "running" && news.steps ? history.secondsPerStep() * (news.steps - history.last) : 0;
  if (left > 0) return `${word}, about ${duration(left)} left`;
  return news.message ? `${word}: ${news.message}` : word;
}

/** Rounded, so that it does not flicker: "3 s", "40 s", "6 min". */
function duration(seconds) {
  if (seconds < 10) return `${Math.ceil(seconds)} s`;
  if (seconds < 90) return `${Math.ceil(seconds / 5) * 5} s`;
  return `${Math.ceil(seconds / 60)} min`;
}
