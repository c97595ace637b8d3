/** The sheet of all tools, keys and gestures. */

import { MODE_CATALOGUE, TOOL_CATALOGUE } from "./catalogue.js";
import { makeElement, makeButton } from "./controls.js";

/**
 * Open the help over the labeller, or close it where it is open.
 * @param {HTMLElement} el any element of the labeller, which then holds the sheet
 */
export function toggleHelp(el) {
  const open = el.querySelector(":scope > dialog.nbs-help-sheet");
  if (open !== null) open.close();
  else openHelp(el);
}

function openHelp(el) {
  const before = document.activeElement;
  const dialog = makeElement("dialog", "nbs-help-sheet", { "aria-label": "Help of the labeller" });
  const close = makeButton({ icon: "refuse", name: "Close", tip: "Close (Esc)" }, () => {
    dialog.close();
  });
  const head = makeElement("header", "nbs-help-head", {}, makeElement("h2", "", {}, "Tools and keys"), close);
  const sections = keySheet().map(makeSection);
  dialog.append(head, makeElement("div", "nbs-help-grid", {}, ...sections));
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "?" && event.key !== "Escape") return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus({ preventScroll: true });
  });
  el.append(dialog);
  dialog.showModal();
}

function makeSection({ title, rows }) {
  const list = makeElement("dl", "", {});
  for (const [keys, name, hint = "", between = ""] of rows) {
    const parts = keys.flatMap((key, index) => {
      const cap = makeElement("kbd", "nbs-key", {}, key);
      return index > 0 && between ? [` ${between} `, cap] : [cap];
    });
    const text = makeElement("dd", "", {}, makeElement("span", "", {}, name));
    if (hint) text.append(makeElement("small", "", {}, hint));
    list.append(makeElement("div", "", {}, makeElement("dt", "", {}, ...parts), text));
  }
  return makeElement("section", "", {}, makeElement("h3", "", {}, title), list);
}

/** The keys as a person reads them, in groups, for the help. */
function keySheet() {
  const tools = TOOL_CATALOGUE.map(({ key, title, hint }) => [[key], title, hint]);
  const modes = MODE_CATALOGUE.filter(({ key }) => key).map(({ key, title, hint }) => [
    [key],
    `${title}, while held`,
    hint,
  ]);
  return [
    { title: "Tools", rows: tools },
    { title: "What a stroke does", rows: [...modes, [["O"], "Keep other classes", ""]] },
    ...FIXED_SHEET,
  ];
}

const FIXED_SHEET = [
  {
    title: "Class, brush, mask",
    rows: [
      [["1", "9"], "Class", "", "to"],
      [["0"], "Background"],
      [["X"], "Unlabelled"],
      [["[", "]"], "Size of the brush"],
      [[",", "."], "Tolerance of the wand"],
      [["−", "+"], "Opacity of the mask"],
    ],
  },
  {
    title: "Outlines and proposals",
    rows: [
      [["Enter"], "Close the outline; accept a proposal"],
      [["Esc"], "Forget the outline; refuse a proposal"],
      [["⌫"], "Take back the last vertex"],
      [["C"], "Smooth"],
      [["I"], "Fill holes"],
      [["Z"], "Drop specks"],
      [["A"], "Ask for a proposal"],
    ],
  },
  {
    title: "Pictures",
    rows: [
      [["N", "→"], "Next", "", "or"],
      [["P", "←"], "Previous", "", "or"],
      [["T"], "Next without a mask"],
      [["D"], "Done, go by what is drawn"],
      [["Y"], "Review all"],
      [["U"], "Undo, also Ctrl Z"],
      [["R"], "Redo, also Ctrl Y"],
    ],
  },
  {
    title: "View",
    rows: [
      [["H"], "Whole picture"],
      [["PgUp", "PgDn"], "Zoom in, out"],
      [["Shift", "←↑→↓"], "Move", "", "+"],
      [["V"], "Full screen"],
      [["?"], "This help"],
    ],
  },
  {
    title: "Mouse, pen, fingers",
    rows: [
      [["wheel"], "Zoom at the pointer"],
      [["right button"], "Drag to move; or hold Space"],
      [["two fingers"], "Move and zoom"],
      [["double click"], "Close an outline"],
    ],
  },
];
