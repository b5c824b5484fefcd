/** A button that puts this page's address, in which all that shapes its pictures stands, into the clipboard. */

const TOLD_MS = 2000;

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const label = button.textContent;
  let telling;
  button.onclick = async () => {
    button.textContent = (await copied(window.location.href)) ? "Copied" : "Copy it from the address bar";
    clearTimeout(telling);
    telling = setTimeout(() => (button.textContent = label), TOLD_MS);
  };
  return () => clearTimeout(telling);
}

/** Whether it went into the clipboard; pages of another machine without https have no modern one. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedTheOldWay(text);
  }
}

function copiedTheOldWay(text) {
  const field = document.body.appendChild(document.createElement("textarea"));
  field.value = text;
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}
