/** The line that says why there is no answer, with a button to ask again. */

import { Refusal } from "./search_feed.js";
import { add, button } from "./reader_words.js";

/** What to say of an error. */
export function sentenceOf(error) {
  return error instanceof Refusal ? error.message : "The server does not answer.";
}

export class Trouble {
  constructor(parent, onRetry) {
    this.element = add(parent, "div", "unroll-search-trouble");
    this.element.setAttribute("role", "alert");
    this.sentence = add(this.element, "span");
    button(this.element, "Try again", "Ask the server again", onRetry);
    this.tell("");
  }

  /** Do what asks the server, and say why it could not, unless nobody wants it any more. */
  async during(signal, ask) {
    try {
      await ask();
      this.tell("");
    } catch (error) {
      if (signal?.aborted) return;
      this.tell(sentenceOf(error));
      if (!(error instanceof Refusal)) console.warn(error);
    }
  }

  tell(sentence) {
    this.element.hidden = sentence === "";
    this.sentence.textContent = sentence;
  }
}
