/** Which pixels a stroke covers, by the examples of `notebook_seg.labelling.raster`. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { boxRegion, brushRegion, polygonRegion } from "../../notebook_seg/widgets/static/geometry.js";
import { View } from "../../notebook_seg/widgets/static/view.js";

function drawing({ box, rows, starts, stops }) {
  const lines = Array.from({ length: box.bottom - box.top }, () => Array(box.right - box.left).fill("."));
  rows.forEach((row, i) => lines[row - box.top].fill("#", starts[i] - box.left, stops[i] - box.left));
  return lines.map((line) => line.join(""));
}

test("left and upper edges are inside, right and lower ones are not", () => {
  const region = polygonRegion([1, 1, 4, 1, 4, 3, 1, 3], 10, 10);
  assert.deepEqual(region.box, { top: 1, left: 1, bottom: 3, right: 4 });
  assert.deepEqual(drawing(region), ["###", "###"]);
});

test("a brush is round and reaches as far as its radius", () => {
  const disc = drawing(brushRegion([5, 5], 2, 10, 10));
  assert.deepEqual(disc, ["..#..", ".###.", "#####", ".###.", "..#.."]);
});

test("an outline that goes around twice leaves no hole", () => {
  const twice = [0, 0, 8, 0, 8, 8, 0, 8, 0, 0, 2, 2, 6, 2, 6, 6, 2, 6, 2, 2];
  assert.ok(drawing(polygonRegion(twice, 10, 10)).every((line) => line === "########"));
});

test("what lies outside the picture covers nothing", () => {
  assert.equal(polygonRegion([20, 20, 30, 20, 30, 30], 10, 10), null);
  assert.equal(brushRegion([-9, -9], 3, 10, 10), null);
  assert.equal(polygonRegion([1, 1, 4, 4], 10, 10), null);
});

test("a box may be drawn from any corner", () => {
  const corners = [[1, 2, 6, 8], [6, 8, 1, 2], [1, 8, 6, 2]].map((c) => boxRegion(c, 10, 10).box);
  for (const box of corners) assert.deepEqual(box, { top: 2, left: 1, bottom: 8, right: 6 });
});

test("zooming keeps the place under the pointer, and ends at half the view and at squares", () => {
  const picture = { width: 800, height: 600 };
  const view = View.fit(picture, 400, 400);
  const near = view.zoomed(8, 130, 210, picture);
  assert.deepEqual(near.toPicture(130, 210), view.toPicture(130, 210));
  assert.equal(view.zoomed(1e-9, 0, 0, picture).scale, view.scale / 2);
  assert.equal(view.zoomed(1e9, 0, 0, picture).scale, 40);
});

test("a place of the screen is the place of the picture that is shown there", () => {
  const picture = { width: 6000, height: 4000 };
  const view = View.fit(picture, 760, 540).zoomed(3, 200, 300, picture).moved(-40, 12, picture);
  const [x, y] = view.toPicture(123, 321);
  const [sx, sy] = view.toScreen(x, y);
  assert.ok(Math.hypot(sx - 123, sy - 321) < 1e-9);
  const [column] = view.columns(123, 124, 0, picture.width);
  assert.equal(column, Math.floor(view.toPicture(123.5, 0)[0] + 0.5));
});
