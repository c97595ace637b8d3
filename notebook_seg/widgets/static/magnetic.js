/** The magnetic lasso: between its anchors the outline clings to the edges of the picture. */

import { IDLE_TOOL } from "./freehand.js";
import { isAt, pressKey } from "./polygon.js";
import { drawModeSign, drawOutline, drawVertex, inkOf, strokeLine, traceLine } from "./sketch.js";

/**
 * A part of the outline between two places; `line` is null until it has been traced.
 * @typedef {{start: Place, stop: Place, line: Place[] | null}} Leg
 * @typedef {import("./sketch.js").Place} Place
 */

/**
 * Traces legs one at a time: the pointer is faster than any answer.
 *
 * @param {import("./tools.js").Host} host
 * @param {() => Leg | null} next which leg wants its line most
 * @param {(leg: Leg) => void} answered
 * @returns {() => void} asks for the next one, unless an answer is awaited
 */
function makeTracer(host, next, answered) {
  let awaited = false;

  async function ask() {
    const leg = awaited ? null : next();
    if (leg === null) return;
    awaited = true;
    // Without an answer the line is straight, and the stroke goes on.
    const line = await host.trace(leg.start, leg.stop).catch(() => []);
    leg.line = line.length > 1 ? line : [leg.start, leg.stop];
    awaited = false;
    answered(leg);
    ask();
  }

  return ask;
}

function newLeg(start, stop) {
  return { start, stop, line: null };
}

function lineOf(leg) {
  return leg.line ?? [leg.start, leg.stop];
}

/**
 * Click anchors; a click on the first, a double click or Enter closes; Backspace takes one back.
 * @param {import("./tools.js").Host} host
 * @returns {import("./tools.js").Tool}
 */
export function makeMagnetic(host) {
  let anchors = [];
  let legs = []; // from each anchor to the next
  let live = null; // from the last anchor to where the pointer was last asked about
  let pointer = null;
  let pressed = false;
  let closing = false;
  let mode = "add";

  const ask = makeTracer(host, wanted, (leg) => {
    if (!legs.includes(leg)) live = leg;
    else if (closing && legs.every(({ line }) => line !== null)) commit();
    host.redraw();
  });

  function wanted() {
    const missing = legs.find((leg) => leg.line === null);
    if (missing !== undefined || closing) return missing ?? null;
    const leads = anchors.length > 0 && pointer !== null && !reaches(live, pointer);
    return leads ? newLeg(anchors.at(-1), [pointer.x, pointer.y]) : null;
  }

  /** Whether a leg goes from the last anchor to a place. */
  function reaches(leg, { x, y }) {
    return leg?.start === anchors.at(-1) && leg.stop[0] === x && leg.stop[1] === y;
  }

  function forget() {
    anchors = [];
    legs = [];
    live = null;
    pressed = closing = false;
    host.redraw();
  }

  function commit() {
    const points = legs.flatMap((leg) => lineOf(leg).slice(0, -1));
    forget();
    host.commit({ tool: "scissors", points, mode });
    host.redraw();
  }

  function addAnchor(p) {
    const place = [p.x, p.y];
    if (anchors.length > 0) legs.push(reaches(live, p) ? live : newLeg(anchors.at(-1), place));
    anchors.push(place);
    ask();
  }

  function close() {
    if (closing || anchors.length < 3) return;
    closing = true;
    legs.push(newLeg(anchors.at(-1), anchors[0]));
    host.redraw();
    ask();
  }

  function removeLast() {
    if (closing) closing = false;
    else anchors.pop();
    legs.pop();
    host.redraw();
    ask();
  }

  const keys = { Backspace: removeLast, Enter: close, Escape: forget };

  return {
    ...IDLE_TOOL,
    down(p) {
      pointer = p;
      if (closing) return;
      pressed = true;
      if (anchors.length > 0) return;
      mode = p.mode;
      addAnchor(p);
      host.redraw();
    },
    move(p) {
      pointer = p;
      ask();
      host.redraw();
    },
    up(p) {
      pointer = p;
      if (!pressed) return;
      pressed = false;
      if (anchors.length > 2 && isAt(p, anchors[0], host.view())) close();
      else if (!isAt(p, anchors.at(-1), host.view())) addAnchor(p);
      host.redraw();
    },
    leave() {
      pointer = null;
      host.redraw();
    },
    doubleClick() {
      // After a click that closed the last outline, the second one has begun another.
      if (anchors.length === 1) forget();
      else close();
    },
    key: (name) => pressKey(keys, name, anchors.length > 0),
    drop() {
      pressed = false;
      if (anchors.length === 1) forget();
    },
    cancel: forget,
    finish() {
      if (!closing && anchors.length > 0) legs.push(newLeg(anchors.at(-1), anchors[0]));
      if (legs.length < 3) forget();
      else commit();
    },
    busy: () => anchors.length > 0,
    draw(ctx, view) {
      const ink = inkOf(host.pen().label, host.color);
      drawOutline(ctx, view, legs.flatMap(lineOf), ink, mode === "subtract");
      if (!closing && pointer !== null && live?.start === anchors.at(-1) && live !== null) {
        traceLine(ctx, view, lineOf(live));
        strokeLine(ctx, ink, true);
      }
      const closes = pointer !== null && anchors.length > 2 && isAt(pointer, anchors[0], view);
      anchors.forEach((a, index) => drawVertex(ctx, view, a, ink, index === 0 && closes));
      drawModeSign(ctx, pointer);
    },
  };
}
