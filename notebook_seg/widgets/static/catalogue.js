/** What the tools, modes and commands are called, and their keys: read by toolbar, keys and help. */

/**
 * @typedef {{name: string, title: string, key: string, hint: string, group: string}} ToolEntry
 * @type {ToolEntry[]}
 */
export const TOOL_CATALOGUE = [
  { name: "lasso", title: "Lasso", key: "L", hint: "Draw around an area", group: "outline" },
  {
    name: "polygon",
    title: "Polygon",
    key: "G",
    hint: "Click the corners of an area, drag them; double-click closes",
    group: "outline",
  },
  {
    name: "scissors",
    title: "Magnetic lasso",
    key: "M",
    hint: "Click along an edge, the line clings to it; double-click closes",
    group: "outline",
  },
  { name: "box", title: "Box", key: "K", hint: "Drag from corner to corner", group: "outline" },
  { name: "brush", title: "Brush", key: "B", hint: "Paint along the pointer", group: "paint" },
  { name: "erase", title: "Eraser", key: "E", hint: "Paint with the background", group: "paint" },
  { name: "fill", title: "Fill", key: "F", hint: "Give a whole region the class", group: "paint" },
  {
    name: "wand",
    title: "Magic wand",
    key: "W",
    hint: "Click an area of one colour",
    group: "help",
  },
  {
    name: "snap",
    title: "Snap",
    key: "S",
    hint: "Draw loosely around a thing, its outline is found",
    group: "help",
  },
  {
    name: "superpixels",
    title: "Superpixels",
    key: "Q",
    hint: "Paint over patches of like colour",
    group: "help",
  },
  {
    name: "scribble",
    title: "Scribble",
    key: "J",
    hint: "Mark a little of each class, the rest is proposed",
    group: "help",
  },
];

export const MODE_CATALOGUE = [
  { name: "add", title: "Add", key: "", hint: "Give the area the class" },
  { name: "subtract", title: "Subtract", key: "Alt", hint: "Take the class from the area" },
  { name: "replace", title: "Redraw", key: "Shift", hint: "Draw the object that is touched again" },
];

/** Buttons that do something once; `text` is what a button wide enough shows. */
export const COMMAND_CATALOGUE = {
  undo: { title: "Undo", key: "U", hint: "Take the last stroke back" },
  redo: { title: "Redo", key: "R", hint: "Draw the stroke again that was taken back" },
  clear: { title: "Clear", key: "", hint: "Make all of it background" },
  whole: { title: "Whole picture", key: "H", hint: "Show all of it" },
  fullscreen: { title: "Full screen", key: "V", hint: "Fill the screen with the labeller" },
  help: { title: "Help", key: "?", hint: "All tools, keys and gestures" },
  smooth: { title: "Smooth", key: "C", hint: "Propose smoother outlines of the class" },
  holes: { title: "Fill holes", key: "I", hint: "Propose to fill the holes inside the class" },
  specks: { title: "Drop specks", key: "Z", hint: "Propose to drop the specks of the class" },
  ask: { title: "Propose", key: "A", hint: "Ask for a proposal for this picture" },
  review: { title: "Review", key: "Y", hint: "See all pictures and their masks" },
};

export const LOCK_ENTRY = {
  title: "Keep other classes",
  key: "O",
  hint: "Strokes leave the pixels of other classes alone",
};

/** The title of a tool, as one says it. */
export function titleOfTool(name) {
  return TOOL_CATALOGUE.find((entry) => entry.name === name)?.title ?? name;
}

/** What is shown when the pointer rests on a button. */
export function tipOf({ title, key, hint }) {
  return `${title}${key ? ` (${key})` : ""}\n${hint}`;
}

/** Labels that are no class of the dataset. */
const SPECIAL_LABELS = [
  { index: 0, name: "background", color: "", key: "0" },
  { index: 255, name: "unlabelled", color: "", key: "X" },
];

/**
 * All labels that can be drawn, with their keys: the classes, the background, unlabelled.
 * @param {{index: number, name: string, color: string}[]} classes
 */
export function labelsOf(classes) {
  const drawn = classes.filter(({ index }) => index !== 0 && index !== 255);
  const keyed = drawn.map((entry) => ({ ...entry, key: entry.index < 10 ? `${entry.index}` : "" }));
  return [...keyed, ...SPECIAL_LABELS];
}

/** The name of a label, as one says it. */
export function nameOfLabel(label, classes) {
  return labelsOf(classes).find(({ index }) => index === label)?.name ?? `class ${label}`;
}

/** Ends and steps of what sliders and keys change. */
export const RADIUS_RANGE = [0.5, 500];
export const TOLERANCE_RANGE = [0, 255];

/**
 * The pen after a press of a key that makes something larger (step 1) or smaller (step -1).
 * @param {"radius" | "tolerance" | "opacity"} name
 * @param {number} value
 * @param {1 | -1} step
 */
export function stepped(name, value, step) {
  const next = {
    radius: () => clamped(RADIUS_RANGE, value * 1.25 ** step),
    tolerance: () => clamped(TOLERANCE_RANGE, Math.round(value + step * Math.max(2, value / 8))),
    opacity: () => Math.round(clamped([0, 1], value + step / 10) * 100) / 100,
  };
  return { [name]: next[name]() };
}

function clamped([least, most], value) {
  return Math.min(Math.max(value, least), most);
}
