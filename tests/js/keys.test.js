/** Which key stands for what, and which are left alone. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { TOOL_CATALOGUE, labelsOf, stepped } from "../../notebook_seg/widgets/static/catalogue.js";
import { commandOf, keyName, pendingCommand } from "../../notebook_seg/widgets/static/keys.js";
import { strokeText } from "../../notebook_seg/widgets/static/toolbar.js";

const PEN = { tool: "lasso", label: 1, radius: 10, opacity: 0.5, keep: false, tolerance: 20 };

function patch(key, labels = [1, 2]) {
  return commandOf(key, labels)?.pen?.(PEN);
}

test("each tool has a key of its own", () => {
  const keys = TOOL_CATALOGUE.map(({ key }) => key.toLowerCase());
  assert.equal(new Set(keys).size, TOOL_CATALOGUE.length);
  for (const { key, name } of TOOL_CATALOGUE) {
    assert.deepEqual(patch(key.toLowerCase()), { tool: name });
  }
});

test("no key stands for two things", () => {
  const tools = TOOL_CATALOGUE.map(({ key }) => key.toLowerCase());
  for (const key of ["u", "r", "n", "p", "t", "d", "a", "c", "i", "z", "y", "h", "v", "o", "x"]) {
    assert.ok(!tools.includes(key), key);
  }
});

test("digits choose the classes that there are, 0 the background and X unlabelled", () => {
  assert.deepEqual(patch("2"), { label: 2 });
  assert.equal(commandOf("3", [1, 2]), null);
  assert.deepEqual(patch("0"), { label: 0 });
  assert.deepEqual(patch("x"), { label: 255 });
});

test("brackets, comma, point, minus and plus step within their ends", () => {
  assert.deepEqual(patch("]"), { radius: 12.5 });
  assert.deepEqual(patch("["), { radius: 8 });
  assert.deepEqual(patch("."), { tolerance: 23 });
  assert.deepEqual(patch("="), { opacity: 0.6 });
  assert.deepEqual(stepped("opacity", 1, 1), { opacity: 1 });
  assert.deepEqual(stepped("tolerance", 1, -1), { tolerance: 0 });
  assert.deepEqual(stepped("radius", 0.5, -1), { radius: 0.5 });
});

test("O locks and unlocks the other classes", () => {
  assert.deepEqual(patch("o"), { keep: true });
});

test("only steps, zoom and pan go on while the key is held", () => {
  for (const key of ["[", "]", ",", ".", "+", "-", "pageup", "shift+arrowup"]) {
    assert.equal(commandOf(key, []).repeats, true, key);
  }
  for (const key of ["n", "u", "d", "arrowright", "b", "1"]) {
    assert.ok(!commandOf(key, [1]).repeats, key);
  }
});

test("control and command are one; shift counts only where it tells keys apart", () => {
  const name = (key, more) => keyName({ key, ...more });
  assert.equal(name("z", { ctrlKey: true }), "ctrl+z");
  assert.equal(name("Z", { metaKey: true, shiftKey: true }), "ctrl+shift+z");
  assert.equal(name("B", { shiftKey: true }), "b");
  assert.equal(name("ArrowLeft", { shiftKey: true }), "shift+arrowleft");
  assert.equal(name("?", { shiftKey: true }), "?");
});

test("a bracket typed with AltGraph is a bracket", () => {
  const getModifierState = (name) => name === "AltGraph";
  assert.equal(keyName({ key: "[", ctrlKey: true, getModifierState }), "[");
});

test("keys of the browser are not taken", () => {
  for (const key of ["ctrl+c", "ctrl+r", "ctrl+f", "f5", "tab", "ctrl+b"]) {
    assert.equal(commandOf(key, [1]), null, key);
  }
});

test("Enter and Escape go to the outline first, then to the proposal", () => {
  const outline = { busy: () => true, key: (name) => name !== "Tab" };
  const stroke = { busy: () => true, key: () => false };
  const idle = { busy: () => false, key: () => false };
  assert.equal(pendingCommand("Enter", { tool: outline, proposal: true }), "tool");
  assert.equal(pendingCommand("Escape", { tool: stroke, proposal: true }), "cancel");
  assert.equal(pendingCommand("Enter", { tool: idle, proposal: true }), "accept");
  assert.equal(pendingCommand("Escape", { tool: idle, proposal: true }), "refuse");
  assert.equal(pendingCommand("Enter", { tool: idle, proposal: false }), null);
  assert.equal(pendingCommand("Backspace", { tool: idle, proposal: true }), null);
});

test("labels are the classes with their keys, then background and unlabelled", () => {
  const classes = Array.from({ length: 12 }, (_, i) => ({ index: i + 1, name: `c${i + 1}` }));
  const labels = labelsOf(classes);
  assert.deepEqual(labels.map(({ key }) => key).join(""), "1234567890X");
  assert.equal(labels.length, 14);
});

test("what a stroke did is said in words", () => {
  const classes = [{ index: 1, name: "fish", color: "#e6194b" }];
  const stroke = { tool: "lasso", label: 1, pixels: 12304 };
  assert.equal(strokeText(stroke, classes), "Lasso: fish, 12,304 pixels");
  const taken = { tool: "box", label: 1, mode: "subtract", pixels: 1 };
  assert.equal(strokeText(taken, classes), "Box: fish, 1 pixel taken away");
  assert.equal(strokeText({ ...stroke, tool: "erase" }, classes), "Eraser: background, 12,304 pixels");
});
