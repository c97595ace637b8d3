/** The browser's labels: strokes ahead of the kernel, and what the kernel answers. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { boxRegion } from "../../notebook_seg/widgets/static/geometry.js";
import { LabelMap, labelsOfBox } from "../../notebook_seg/widgets/static/labelmap.js";

const [WIDTH, HEIGHT] = [20, 12];
const ADD = { label: 1, mode: "add", keep: false };

/** Pixels left to right and top to bottom, between corners that are half pixels. */
function box(left, top, right, bottom) {
  return boxRegion([left - 0.5, top - 0.5, right - 0.5, bottom - 0.5], HEIGHT, WIDTH);
}

/** What the kernel says when all pixels of a box have changed to a label. */
function change(left, top, right, bottom, values) {
  const bits = new Uint8Array(Math.ceil(((right - left) * (bottom - top)) / 8)).fill(255);
  return { box: { top, left, bottom, right }, where: bits, values };
}

const count = (map, label) => map.labels.filter((each) => each === label).length;

test("a stroke is there before the kernel has answered, and stays when it agrees", () => {
  const map = new LabelMap(WIDTH, HEIGHT);
  map.draw("a", box(2, 3, 8, 7), ADD);
  assert.equal(count(map, 1), 24);
  map.settle("a", change(2, 3, 8, 7, 1));
  assert.equal(count(map, 1), 24);
  assert.equal(map.pending.length, 0);
});

test("a stroke that the kernel did not draw disappears", () => {
  const map = new LabelMap(WIDTH, HEIGHT, new Uint8Array(WIDTH * HEIGHT).fill(2));
  map.draw("a", box(2, 3, 8, 7), ADD);
  const touched = map.settle("a", null);
  assert.equal(count(map, 2), WIDTH * HEIGHT);
  assert.deepEqual(touched, { top: 3, left: 2, bottom: 7, right: 8 });
});

test("an undo that comes while a later stroke waits leaves that stroke on top", () => {
  const map = new LabelMap(WIDTH, HEIGHT);
  map.settle(null, change(0, 0, 10, 10, 1));
  map.draw("later", box(5, 5, 15, 12), { ...ADD, label: 3 });
  map.settle(null, change(0, 0, 10, 10, 0));
  assert.equal(count(map, 1), 0);
  assert.equal(count(map, 3), 70);
  map.settle("later", change(5, 5, 15, 12, 3));
  assert.equal(count(map, 3), 70);
});

test("what the kernel says wins over what was drawn ahead of it", () => {
  const map = new LabelMap(WIDTH, HEIGHT);
  map.draw("a", box(2, 3, 8, 7), ADD);
  map.settle("a", change(2, 3, 6, 7, 1));
  assert.equal(count(map, 1), 16);
});

test("other classes are kept when that is asked for, unlabelled and background are not", () => {
  const map = new LabelMap(WIDTH, HEIGHT);
  map.settle(null, change(0, 0, 4, 4, 2));
  map.settle(null, change(4, 0, 8, 4, 255));
  map.draw("a", box(0, 0, 12, 4), { ...ADD, keep: true });
  assert.equal(count(map, 2), 16);
  assert.equal(count(map, 1), 32);
});

test("subtracting takes a class away and no other", () => {
  const map = new LabelMap(WIDTH, HEIGHT);
  map.settle(null, change(0, 0, 4, 4, 1));
  map.settle(null, change(4, 0, 8, 4, 2));
  map.draw("a", box(2, 0, 6, 4), { ...ADD, mode: "subtract" });
  assert.equal(count(map, 1), 8);
  assert.equal(count(map, 2), 16);
});

test("changed pixels are found bit by bit, and labels are read in reading order", () => {
  const region = { top: 1, left: 1, bottom: 4, right: 4 };
  const where = Uint8Array.of(0b10100001, 0b10000000);
  const labels = labelsOfBox({ box: region, where, values: Uint8Array.of(4, 5, 6, 7) });
  assert.deepEqual([...labels], [4, 0, 5, 0, 0, 0, 0, 6, 7]);
});
