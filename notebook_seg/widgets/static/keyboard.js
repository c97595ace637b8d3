/**
 * Sends the keys that are pressed anywhere in the panel around it, and keeps them from the
 * notebook, where "b" would insert a cell.
 */

/** Keys that go on acting while they are held down. */
const REPEATING = new Set(["[", "]", "+", "-", "="]);

/** @param {KeyboardEvent} event */
function nameOf(event) {
  const name = event.key.replace(/^Arrow/, "").toLowerCase();
  if (!event.ctrlKey && !event.metaKey) return name;
  return event.shiftKey ? `ctrl+shift+${name}` : `ctrl+${name}`;
}

/**
 * Whether the focused element needs the key itself: text for all, arrows for lists and sliders.
 * @param {KeyboardEvent} event
 */
function isWanted(event) {
  const typing = "input:not([type=checkbox]), textarea, [contenteditable=true], .nbs-review";
  const stepping = "select, [role=slider]";
  return (
    event.target.closest(typing) !== null ||
    (event.key.startsWith("Arrow") && event.target.closest(stepping) !== null)
  );
}

function render({ model, el }) {
  let panel = null;
  let frame = 0;

  /** @param {KeyboardEvent} event */
  function press(event) {
    const key = nameOf(event);
    if (event.altKey || isWanted(event) || !model.get("wanted").includes(key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat || REPEATING.has(key)) model.send({ key });
  }

  function attach() {
    panel = el.closest(`.${model.get("panel")}`);
    if (panel === null) {
      frame = requestAnimationFrame(attach);
      return;
    }
    // JupyterLab looks for its own shortcuts before any listener in the page does.
    panel.dataset.lmSuppressShortcuts = "true";
    panel.tabIndex = -1;
    panel.addEventListener("keydown", press, { capture: true });
  }

  attach();
  return () => {
    cancelAnimationFrame(frame);
    panel?.removeEventListener("keydown", press, { capture: true });
  };
}

export default { render };
