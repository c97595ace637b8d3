import assert from "node:assert/strict";
import test from "node:test";

import { Album, percent } from "../../notebook_seg/widgets/static/album.js";

const ALL = { show: "all", label: "", text: "" };

function picture(stem, shares = null) {
  return { stem, labelled: shares !== null, measured: false, shares: shares ?? {} };
}

function album() {
  const made = new Album();
  made.setPictures([picture("carp", { 1: 0.4 }), picture("perch"), picture("pike", { 1: 0.1, 2: 0.2 })]);
  return made;
}

test("filters of state, class and name work together", () => {
  const fish = album();
  fish.setSuspicions([{ stem: "pike", kind: "hole", message: "A hole.", box: null }]);
  assert.deepEqual(fish.shown(ALL), ["carp", "perch", "pike"]);
  assert.deepEqual(fish.shown({ ...ALL, show: "labelled" }), ["carp", "pike"]);
  assert.deepEqual(fish.shown({ ...ALL, show: "unlabelled" }), ["perch"]);
  assert.deepEqual(fish.shown({ ...ALL, show: "suspicious" }), ["pike"]);
  assert.deepEqual(fish.shown({ ...ALL, label: "2" }), ["pike"]);
  assert.deepEqual(fish.shown({ ...ALL, text: " P" }), ["carp", "perch", "pike"].filter((stem) => stem.includes("p")));
  assert.deepEqual(fish.shown({ show: "labelled", label: "1", text: "ca" }), ["carp"]);
  assert.equal(fish.count("labelled"), 2);
});

test("suggestions are shown in their own order, and those of unknown pictures are not", () => {
  const fish = album();
  fish.setSuggestions([{ stem: "pike", why: "" }, { stem: "gone", why: "" }, { stem: "carp", why: "" }]);
  assert.deepEqual(fish.shown({ ...ALL, show: "suggested" }), ["pike", "carp"]);
});

test("what is in view is asked for before the masks, and nothing once all is known", () => {
  const fish = album();
  for (let number = 0; number < 20; number++) fish.wanted.add(`fish_${number}`);
  const first = fish.nextRequest();
  assert.equal(first.type, "thumbnails");
  assert.ok(first.stems.length < 20);
  assert.equal(first.stems[0], "fish_0");
  fish.wanted.clear();
  assert.deepEqual(fish.nextRequest(), { type: "measure" });
  fish.setSuspicions([]);
  assert.equal(fish.nextRequest(), null);
  fish.setPictures([picture("carp")]);
  assert.deepEqual(fish.nextRequest(), { type: "measure" });
});

test("a picture that was measured replaces what was known of it", () => {
  const fish = album();
  fish.update([{ ...picture("perch", { 2: 0.5 }), measured: true }]);
  assert.equal(fish.measured, 1);
  assert.deepEqual(fish.shown({ ...ALL, label: "2" }), ["perch", "pike"]);
});

test("shares are written as people read them", () => {
  assert.deepEqual([0, 0.0001, 0.0214, 0.336, 1].map(percent), ["0.0 %", "< 0.1 %", "2.1 %", "34 %", "100 %"]);
});
