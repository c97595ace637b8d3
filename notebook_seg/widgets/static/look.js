/**
 * Pictures side by side that are looked at together: what is seen, pointed at and zoomed into in one
 * is so in all. Lasso and click are the labeller's. `notebook_seg.widgets.look_canvas` holds the
 * other end.
 */

import { element } from "./elements.js";
import { Gestures } from "./gestures.js";
import { Screen } from "./screen.js";
import { strokeLine, traceLine } from "./sketch.js";
import { Tiles } from "./tiles.js";
import { makeTool } from "./tools.js";
import { View } from "./view.js";
import { Wire } from "./wire.js";

const ZOOM_STEP = 1.25;
const PAN_STEP = 60;
const INK = "#ffffff";
/** Half the length of a cross, and the gap in its middle, in CSS pixels. */
const ARM = 12;
const GAP = 3;
/** Milliseconds in which a page is laid out. */
const SETTLED = 60;

/** The same look at a picture that has a pixel for `factor` of the photograph's. */
function shrunk(view, factor) {
  const [left, top] = [view.left, view.top].map((at) => (at + 0.5) / factor - 0.5);
  return new View(view.width, view.height, left, top, view.scale * factor);
}

class Pane {
  /**
   * @param {HTMLElement} parent
   * @param {object} host  what all panes share: ask, draw, looked, gestures, painted
   */
  constructor(parent, host) {
    this.host = host;
    this.root = element("figure", "nbs-pane", parent);
    this.caption = element("figcaption", "nbs-pane-name", this.root);
    this.stage = element("div", "nbs-stage", this.root);
    this.shown = this.before = null;
    this.screen = new Screen(this.stage, {
      tiles: { draw: (context, view) => this.#draw(context, view) },
      scene: () => null,
      drawPointer: (context, view) => host.draw(this, context, view),
      drawn: (isComplete) => this.#tellPainted(isComplete),
      unfolded: () => {},
    });
    const { top } = this.screen;
    top.tabIndex = 0;
    top.setAttribute("role", "application");
    this.gestures = new Gestures(top, host.gestures(this));
  }

  /** Show another picture, and the one before until all of it is there. */
  show(about, photograph) {
    this.caption.textContent = about.name;
    this.screen.top.setAttribute("aria-label", `${about.name}: + and - zoom, arrows move, 0 shows all`);
    if (this.shown?.about.id === about.id) return;
    const isSamePhotograph = this.photograph === photograph.id;
    this.photograph = photograph.id;
    this.before?.tiles.open(null);
    this.before = isSamePhotograph ? this.shown : null;
    const tiles = new Tiles(this.host.ask, () => this.screen.refreshPicture());
    tiles.open(about);
    this.shown = { about, tiles, factor: photograph.width / about.width };
    this.screen.refreshPicture();
  }

  async receive(message, blobs) {
    if (message.picture === this.shown?.about.id) await this.shown.tiles.receive(message, blobs);
  }

  close() {
    this.screen.close();
    this.root.remove();
  }

  #draw(context, view) {
    if (this.shown === null) return true;
    const isComplete = this.shown.tiles.draw(context, shrunk(view, this.shown.factor));
    if (isComplete) {
      this.before?.tiles.open(null);
      this.before = null;
    } else this.before?.tiles.draw(context, shrunk(view, this.before.factor));
    return isComplete;
  }

  #tellPainted(isComplete) {
    this.root.dataset.picture = isComplete && this.shown !== null ? "painted" : "loading";
    this.host.painted();
  }
}

class LookCanvas {
  constructor(model, el) {
    this.model = model;
    this.panes = [];
    this.photograph = null;
    this.pointer = null;
    this.marks = [];
    this.place = null;
    this.root = element("div", "nbs-look", el);
    this.root.dataset.testid = "look-canvas";
    // JupyterLab has keys of its own.
    this.root.dataset.lmSuppressShortcuts = "true";
    this.row = element("div", "nbs-panes", this.root);
    this.#buildStatus();
    this.wire = new Wire(model, {
      open: (message) => this.#open(message),
      tiles: (message, buffers) => this.#receive(message, buffers),
      marks: ({ marks, place }) => this.#mark(marks, place),
      look: ({ box: [top, left, bottom, right] }) => this.#lookAt({ top, left, bottom, right }),
    });
    this.#takeTool();
    this.follow = () => this.#takeTool();
    model.on("change:tool", this.follow);
    this.root.addEventListener("keydown", (event) => this.#key(event));
    this.wire.hello();
  }

  close() {
    this.model.off("change:tool", this.follow);
    for (const pane of this.panes) pane.close();
    this.wire.close();
  }

  #buildStatus() {
    const line = element("div", "nbs-look-status", this.root);
    for (const [text, tip, act] of [
      ["+", "Nearer (+)", () => this.#zoom(ZOOM_STEP)],
      ["−", "Farther (-)", () => this.#zoom(1 / ZOOM_STEP)],
      ["all", "All of the picture (0)", () => this.#showWhole()],
    ]) {
      const button = element("button", "nbs-look-button", line);
      Object.assign(button, { type: "button", textContent: text, title: tip, onclick: act });
      button.setAttribute("aria-label", tip);
    }
    this.status = element("span", "nbs-look-where", line);
  }

  // ------------------------------------------------------------------ what the kernel says

  #open({ photograph, panes }) {
    const isAnother = photograph.id !== this.photograph?.id;
    this.photograph = photograph;
    const view = isAnother ? null : (this.panes[0]?.screen.view ?? null);
    const isWhole = isAnother || (this.panes[0]?.screen.isWhole ?? true);
    while (this.panes.length > panes.length) this.panes.pop().close();
    while (this.panes.length < panes.length) this.panes.push(new Pane(this.row, this.#host()));
    this.row.dataset.panes = panes.length;
    this.row.style.setProperty("--nbs-aspect", photograph.width / photograph.height);
    this.panes.forEach((pane, i) => {
      pane.show(panes[i], photograph);
      pane.screen.picture = photograph;
      if (isWhole) pane.screen.showWhole();
      else if (view?.width > 0) this.#sameLook(pane, view);
    });
    // A picture more leaves less room to the others, which is known when the page is laid out.
    if (!isWhole) setTimeout(() => this.panes.length && this.#look(this.panes[0], () => {}), SETTLED);
    if (isAnother) this.tool?.cancel();
    this.root.dataset.stem = photograph.stem;
    this.#showStatus();
  }

  async #receive(message, buffers) {
    const blobs = buffers.map((buffer) => new Blob([buffer]));
    await Promise.all(this.panes.map((pane) => pane.receive(message, blobs)));
  }

  #mark(marks, place) {
    this.marks = marks;
    this.place = place;
    this.root.dataset.marks = marks.length;
    this.#redraw();
  }

  #lookAt(box) {
    for (const pane of this.panes) pane.screen.lookAt(box);
  }

  // ------------------------------------------------------------------ one look for all

  #host() {
    return {
      ask: (picture, wanted) => this.wire.askForTiles(picture, wanted),
      draw: (pane, context, view) => this.#draw(pane, context, view),
      gestures: (pane) => this.#gesturesOf(pane),
      painted: () => this.#tellPainted(),
    };
  }

  #look(from, change) {
    change(from.screen);
    for (const pane of this.panes) if (pane !== from) this.#sameLook(pane, from.screen.view);
    this.#showStatus();
  }

  #sameLook({ screen }, view) {
    const { width, height } = screen.view;
    if (width > 0) screen.look(new View(width, height, view.left, view.top, view.scale));
  }

  #zoom(factor) {
    if (this.panes.length) this.#look(this.panes[0], (screen) => screen.zoom(factor));
  }

  #pan(dx, dy) {
    if (this.panes.length) this.#look(this.panes[0], (screen) => screen.pan(dx, dy));
  }

  #showWhole() {
    for (const { screen } of this.panes) screen.showWhole();
    this.#showStatus();
  }

  #key(event) {
    const acts = {
      "+": () => this.#zoom(ZOOM_STEP),
      "=": () => this.#zoom(ZOOM_STEP),
      "-": () => this.#zoom(1 / ZOOM_STEP),
      0: () => this.#showWhole(),
      ArrowLeft: () => this.#pan(PAN_STEP, 0),
      ArrowRight: () => this.#pan(-PAN_STEP, 0),
      ArrowUp: () => this.#pan(0, PAN_STEP),
      ArrowDown: () => this.#pan(0, -PAN_STEP),
      Escape: () => this.tool.cancel(),
    };
    if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    acts[event.key]();
    event.preventDefault();
    event.stopPropagation();
  }

  // ------------------------------------------------------------------ the pointer

  #takeTool() {
    this.tool?.cancel();
    const name = this.model.get("tool");
    this.tool = makeTool(name === "lasso" ? "lasso" : "fill", {
      pen: () => ({ label: 1, mode: "add", radius: 1, opacity: 0.5 }),
      color: () => INK,
      view: () => this.active?.screen.view ?? this.panes[0].screen.view,
      commit: ({ points }) => this.#commit(name, points),
      trace: async (start, stop) => [start, stop],
      redraw: () => this.#redraw(),
    });
    for (const pane of this.panes) pane.screen.top.style.cursor = this.tool.cursor;
    this.root.dataset.tool = name;
  }

  #commit(tool, points) {
    const places = Float32Array.from(points.flat());
    const photograph = this.photograph.id;
    this.model.send({ type: "stroke", tool, photograph }, undefined, [places.buffer]);
  }

  #gesturesOf(pane) {
    return {
      down: (event) => {
        this.active = pane;
        this.tool.down(this.#placeOf(pane, event));
      },
      move: (event) => {
        this.active = pane;
        const events = event.getCoalescedEvents?.() ?? [];
        for (const each of events.length ? events : [event]) this.tool.move(this.#placeOf(pane, each));
        this.pointer = this.#placeOf(pane, event);
        this.#redraw();
        this.#showStatus();
      },
      up: (event) => this.tool.up(this.#placeOf(pane, event)),
      doubleClick: () => {},
      cancel: () => this.tool.drop(),
      leave: () => {
        this.pointer = null;
        this.tool.leave();
        this.#redraw();
        this.#showStatus();
      },
      pan: (dx, dy) => this.#look(pane, (screen) => screen.pan(dx, dy)),
      zoom: (factor, sx, sy) => this.#look(pane, (screen) => screen.zoom(factor, sx, sy)),
    };
  }

  #placeOf(pane, event) {
    const frame = pane.screen.top.getBoundingClientRect();
    const [sx, sy] = [event.clientX - frame.left, event.clientY - frame.top];
    const [x, y] = pane.screen.view.toPicture(sx, sy);
    return { x, y, sx, sy, mode: "add", pressure: event.pressure, kind: event.pointerType };
  }

  #redraw() {
    for (const pane of this.panes) pane.screen.redrawPointer();
  }

  #draw(pane, context, view) {
    for (const { points, color, dashed } of this.marks) {
      traceLine(context, view, points);
      context.closePath();
      strokeLine(context, color, dashed);
    }
    if (this.place !== null) drawCross(context, view.toScreen(...this.place), "#ffd54a");
    if (pane === this.active) this.tool.draw(context, view);
    else if (this.pointer !== null) {
      drawCross(context, view.toScreen(this.pointer.x, this.pointer.y), INK);
    }
  }

  // ------------------------------------------------------------------ what is told

  #tellPainted() {
    const isPainted = this.panes.every(({ root }) => root.dataset.picture === "painted");
    this.root.dataset.picture = isPainted ? "painted" : "loading";
  }

  #showStatus() {
    const { photograph, pointer } = this;
    if (photograph === null || !this.panes.length) return;
    const { scale } = this.panes[0].screen.view;
    const parts = [`${photograph.width} × ${photograph.height}`, `${Math.round(100 * scale)} %`];
    if (pointer) parts.push(`row ${Math.round(pointer.y)}, column ${Math.round(pointer.x)}`);
    const text = parts.join(" · ");
    if (this.status.textContent !== text) this.status.textContent = text;
  }
}

/** A cross with a gap in its middle, where the pixel is. */
function drawCross(context, [x, y], ink) {
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.moveTo(x + GAP * dx, y + GAP * dy);
    context.lineTo(x + ARM * dx, y + ARM * dy);
  }
  strokeLine(context, ink);
}

function render({ model, el }) {
  const canvas = new LookCanvas(model, el);
  return () => canvas.close();
}

export default { render };
