/** The tools as state machines: presses, moves and keys in, strokes out. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { makeTool } from "../../notebook_seg/widgets/static/tools.js";

/** A view of two CSS pixels for each pixel of the picture. */
const VIEW = { scale: 2, toScreen: (x, y) => [2 * x, 2 * y], toPicture: (x, y) => [x / 2, y / 2] };

function at(x, y, more = {}) {
  return { x, y, sx: 2 * x, sy: 2 * y, mode: "add", kind: "mouse", pressure: 0.5, ...more };
}

function hand(name, more = {}) {
  const strokes = [];
  const host = {
    pen: () => ({ tool: name, label: 1, radius: 5, opacity: 0.5, mode: "add", tolerance: 20 }),
    color: () => "#e6194b",
    view: () => VIEW,
    commit: (stroke) => strokes.push(stroke),
    trace: async (start, stop) => [start, stop],
    redraw: () => {},
    ...more,
  };
  const tool = makeTool(name, host);
  const click = (x, y, extra) => {
    tool.down(at(x, y, extra));
    tool.up(at(x, y, extra));
  };
  const drag = (...places) => {
    tool.down(at(...places[0]));
    for (const place of places.slice(1)) tool.move(at(...place));
    tool.up(at(...places.at(-1)));
  };
  return { tool, strokes, click, drag };
}

const SQUARE = [
  [10, 10],
  [50, 10],
  [50, 50],
  [10, 50],
];

for (const name of ["lasso", "snap", "brush", "erase", "scribble", "superpixels"]) {
  test(`${name}: a drag is one stroke along the pointer's way`, () => {
    const { strokes, drag, tool } = hand(name);
    drag(...SQUARE);
    assert.deepEqual(strokes, [{ tool: name, points: SQUARE, mode: "add" }]);
    assert.equal(tool.busy(), false);
  });
}

for (const name of ["lasso", "snap"]) {
  test(`${name}: a click encloses nothing and is no stroke`, () => {
    const { strokes, click } = hand(name);
    click(10, 10);
    assert.deepEqual(strokes, []);
  });
}

test("brush: a click is a stroke of one point", () => {
  const { strokes, click } = hand("brush");
  click(10, 10);
  assert.deepEqual(strokes, [{ tool: "brush", points: [[10, 10]], mode: "add" }]);
});

test("a stroke has the mode of the keys that were held when it began", () => {
  const { tool, strokes } = hand("lasso");
  tool.down(at(10, 10, { mode: "subtract" }));
  tool.move(at(50, 10));
  tool.move(at(50, 50));
  tool.up(at(10, 50, { mode: "replace" }));
  assert.equal(strokes[0].mode, "subtract");
});

test("moves within one pixel of the screen add no vertices", () => {
  const { strokes, drag } = hand("lasso");
  drag([10, 10], [10.2, 10], [10.3, 10.1], [50, 10], [50, 50]);
  assert.equal(strokes[0].points.length, 3);
});

test("moving without a press draws nothing", () => {
  const { tool, strokes } = hand("brush");
  tool.move(at(10, 10));
  tool.up(at(10, 10));
  assert.deepEqual(strokes, []);
});

for (const end of ["cancel", "drop"]) {
  test(`a drag that is ended by ${end} leaves nothing`, () => {
    for (const name of ["lasso", "brush", "box", "fill"]) {
      const { tool, strokes } = hand(name);
      tool.down(at(10, 10));
      tool.move(at(50, 10));
      tool.move(at(50, 50));
      tool[end]();
      assert.equal(tool.busy(), false);
      tool.up(at(50, 50));
      assert.deepEqual(strokes, []);
    }
  });
}

test("a drag is finished as if the button had been released", () => {
  const { tool, strokes } = hand("lasso");
  tool.down(at(10, 10));
  for (const place of SQUARE.slice(1)) tool.move(at(...place));
  tool.finish();
  assert.deepEqual(strokes[0].points, SQUARE);
});

test("box: two opposite corners, and none without an area", () => {
  const { strokes, drag, click } = hand("box");
  drag([10, 10], [30, 20], [50, 50]);
  click(20, 20);
  const corners = [
    [10, 10],
    [50, 50],
  ];
  assert.deepEqual(strokes, [{ tool: "box", points: corners, mode: "add" }]);
});

for (const name of ["fill", "wand"]) {
  test(`${name}: acts where the button is released`, () => {
    const { strokes, drag } = hand(name);
    drag([10, 10], [20, 20]);
    assert.deepEqual(strokes, [{ tool: name, points: [[20, 20]], mode: "add" }]);
  });
}

// ------------------------------------------------------------------ polygon

function polygonOf(places) {
  const parts = hand("polygon");
  for (const place of places) parts.click(...place);
  return parts;
}

test("polygon: Enter closes it", () => {
  const { tool, strokes } = polygonOf(SQUARE);
  assert.equal(tool.busy(), true);
  assert.equal(tool.key("Enter"), true);
  assert.deepEqual(strokes, [{ tool: "polygon", points: SQUARE, mode: "add" }]);
  assert.equal(tool.busy(), false);
});

test("polygon: a click on the first vertex closes it", () => {
  const { strokes, click } = polygonOf(SQUARE);
  click(11, 11);
  assert.deepEqual(strokes[0].points, SQUARE);
});

test("polygon: a double click closes it without another vertex", () => {
  const { tool, strokes, click } = polygonOf(SQUARE);
  click(10, 50);
  tool.doubleClick(at(10, 50));
  assert.deepEqual(strokes[0].points, SQUARE);
});

test("polygon: the second click of a double click that closed it begins no other", () => {
  const { tool, strokes, click } = polygonOf(SQUARE);
  click(10, 10);
  click(10, 10);
  tool.doubleClick(at(10, 10));
  assert.equal(strokes.length, 1);
  assert.equal(tool.busy(), false);
});

test("polygon: a vertex is dragged by where it was gripped", () => {
  const { tool, strokes } = polygonOf(SQUARE);
  tool.down(at(51, 10));
  tool.move(at(61, 5));
  tool.up(at(61, 5));
  tool.key("Enter");
  assert.deepEqual(strokes[0].points, [SQUARE[0], [60, 5], SQUARE[2], SQUARE[3]]);
});

test("polygon: dragging the first vertex does not close it", () => {
  const { strokes, drag, tool } = polygonOf(SQUARE);
  drag([10, 10], [5, 5], [0, 0]);
  assert.deepEqual(strokes, []);
  tool.key("Enter");
  assert.deepEqual(strokes[0].points[0], [0, 0]);
});

test("polygon: a new vertex follows the pointer until the button is released", () => {
  const { tool, strokes, drag } = polygonOf(SQUARE.slice(0, 2));
  drag([40, 40], [45, 45], [50, 50]);
  tool.key("Enter");
  assert.deepEqual(strokes[0].points[2], [50, 50]);
});

test("polygon: Backspace takes back the last vertex, also all of them", () => {
  const { tool, strokes, click } = polygonOf([...SQUARE, [0, 99]]);
  tool.key("Backspace");
  tool.key("Enter");
  assert.deepEqual(strokes[0].points, SQUARE);
  click(10, 10);
  tool.key("Backspace");
  assert.equal(tool.busy(), false);
  assert.equal(tool.key("Backspace"), false);
});

test("polygon: two vertices enclose nothing and wait for more", () => {
  const { tool, strokes } = polygonOf(SQUARE.slice(0, 2));
  tool.key("Enter");
  assert.deepEqual(strokes, []);
  assert.equal(tool.busy(), true);
  tool.finish();
  assert.equal(tool.busy(), false);
});

test("polygon: a second finger takes back the vertex of the first, and no other", () => {
  const { tool, strokes } = polygonOf(SQUARE);
  tool.down(at(90, 90, { kind: "touch" }));
  tool.drop();
  tool.key("Enter");
  assert.deepEqual(strokes[0].points, SQUARE);
});

test("polygon: a finger takes hold of a vertex from further away than a mouse", () => {
  const { tool, strokes } = polygonOf(SQUARE);
  tool.down(at(18, 10, { kind: "touch" }));
  tool.up(at(18, 10, { kind: "touch" }));
  assert.deepEqual(strokes[0].points, SQUARE);
  const mouse = polygonOf(SQUARE);
  mouse.click(18, 10);
  assert.deepEqual(mouse.strokes, []);
});

// ------------------------------------------------------------------ magnetic lasso

/** Answers to traces, given one by one. */
function slowTrace() {
  const asked = [];
  const trace = (start, stop) =>
    new Promise((resolve, reject) => {
      const through = [(start[0] + stop[0]) / 2, (start[1] + stop[1]) / 2 + 7];
      asked.push({ start, stop, answer: () => resolve([start, through, stop]), fail: reject });
    });
  return { asked, trace };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function answerAll(asked) {
  for (let next = 0; next < asked.length; next++) {
    asked[next].answer();
    await settled();
  }
}

test("scissors: at most one trace is awaited, however the pointer moves", async () => {
  const { asked, trace } = slowTrace();
  const { tool, click } = hand("scissors", { trace });
  click(10, 10);
  for (let x = 11; x < 40; x++) tool.move(at(x, 10));
  assert.equal(asked.length, 1);
  asked[0].answer();
  await settled();
  assert.equal(asked.length, 2);
  assert.deepEqual(asked[1].stop, [39, 10]);
});

test("scissors: the outline goes through what was traced between the anchors", async () => {
  const { asked, trace } = slowTrace();
  const { tool, click, strokes } = hand("scissors", { trace });
  for (const place of SQUARE) {
    click(...place);
    await answerAll(asked);
  }
  tool.key("Enter");
  assert.deepEqual(strokes, []);
  await answerAll(asked);
  assert.equal(strokes.length, 1);
  assert.equal(strokes[0].tool, "scissors");
  assert.deepEqual(strokes[0].points, [
    [10, 10], [30, 17], [50, 10], [50, 37], [50, 50], [30, 57], [10, 50], [10, 37],
  ]);
  assert.equal(tool.busy(), false);
});

test("scissors: clicks that outrun the answers lose no leg", async () => {
  const { asked, trace } = slowTrace();
  const { click, strokes } = hand("scissors", { trace });
  for (const place of SQUARE) click(...place);
  click(...SQUARE[0]);
  await answerAll(asked);
  assert.equal(strokes[0].points.length, 8);
});

test("scissors: a double click closes; the anchor is not set twice", async () => {
  const { asked, trace } = slowTrace();
  const { tool, click, strokes } = hand("scissors", { trace });
  for (const place of SQUARE) click(...place);
  click(...SQUARE[3]);
  tool.doubleClick(at(...SQUARE[3]));
  await answerAll(asked);
  assert.equal(strokes[0].points.length, 8);
});

test("scissors: Backspace takes back the last anchor and its line", async () => {
  const { asked, trace } = slowTrace();
  const { tool, click, strokes } = hand("scissors", { trace });
  for (const place of [...SQUARE, [0, 99]]) click(...place);
  await answerAll(asked);
  tool.key("Backspace");
  tool.key("Enter");
  await answerAll(asked);
  assert.equal(strokes[0].points.length, 8);
});

test("scissors: without an answer the line is straight and the stroke goes on", async () => {
  const trace = () => Promise.reject(new Error("the kernel is gone"));
  const { tool, click, strokes } = hand("scissors", { trace });
  for (const place of SQUARE) click(...place);
  await settled();
  tool.key("Enter");
  await settled();
  await settled();
  assert.deepEqual(strokes[0].points, SQUARE);
});

test("scissors: finishing at once takes straight lines where answers are missing", () => {
  const { trace } = slowTrace();
  const { tool, click, strokes } = hand("scissors", { trace });
  for (const place of SQUARE) click(...place);
  tool.finish();
  assert.deepEqual(strokes[0].points, SQUARE);
});

test("scissors: a late answer does not come back after Escape", async () => {
  const { asked, trace } = slowTrace();
  const { tool, click, strokes } = hand("scissors", { trace });
  for (const place of SQUARE) click(...place);
  tool.key("Escape");
  await answerAll(asked);
  assert.equal(tool.busy(), false);
  assert.deepEqual(strokes, []);
});

test("scissors: a finger pulls the line from its press to its release", async () => {
  const { asked, trace } = slowTrace();
  const { tool, strokes } = hand("scissors", { trace });
  const touch = { kind: "touch" };
  tool.down(at(10, 10, touch));
  tool.move(at(50, 10, touch));
  tool.up(at(50, 10, touch));
  for (const place of SQUARE.slice(2)) {
    tool.down(at(...place, touch));
    tool.up(at(...place, touch));
  }
  tool.key("Enter");
  await answerAll(asked);
  assert.equal(strokes[0].points.length, 8);
});
