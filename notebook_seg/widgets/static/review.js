/**
 * The review of a dataset: a grid of thumbnails with their masks, and what looks wrong in them.
 * `notebook_seg.widgets.review` holds the other end.
 */

import { Album, percent } from "./album.js";
import { makeElement } from "./controls.js";

const FILTERS = [
  ["all", "All"],
  ["labelled", "Labelled"],
  ["unlabelled", "To do"],
  ["suspicious", "Suspicious"],
  ["suggested", "Worth labelling"],
];
/** Thumbnails are asked for this far before they come into view. */
const AHEAD = "400px";
const KIND_ICONS = { island: "•", hole: "○" };
const COMPACT = { notation: "compact", maximumFractionDigits: 1 };

class ReviewGrid {
  constructor(model, el) {
    this.model = model;
    this.album = new Album();
    this.filter = { show: "all", label: "", text: "" };
    /** @type {Map<string, HTMLElement>} */
    this.tiles = new Map();
    /** @type {Map<string, string>} address of the thumbnail of each picture */
    this.thumbnails = new Map();
    this.isAsking = false;
    this.ends = [];
    this.#build(el);
    this.#listen();
    model.send({ type: "hello" });
  }

  close() {
    for (const end of this.ends) end();
    this.observer.disconnect();
    this.appearance.disconnect();
    for (const address of this.thumbnails.values()) URL.revokeObjectURL(address);
  }

  // ------------------------------------------------------------------ the page

  #build(el) {
    this.root = makeElement("section", "nbs-review", { "aria-label": "Review of all masks" });
    this.root.dataset.testid = "review";
    this.grid = makeElement("div", "nbs-tiles", { role: "group", "aria-label": "Pictures" });
    this.note = makeElement("p", "nbs-review-note", { role: "status" });
    this.side = makeElement("div", "nbs-review-side");
    this.progress = makeElement("progress", "nbs-review-progress", { "aria-label": "Measuring" });
    const body = makeElement("div", "nbs-review-body", {}, this.grid, this.side);
    this.root.append(this.#buildFilters(), this.progress, this.note, body);
    this.observer = new IntersectionObserver((seen) => this.#see(seen), { rootMargin: AHEAD });
    this.appearance = new IntersectionObserver((seen) => this.#passFocus(seen.at(-1).isIntersecting));
    this.appearance.observe(this.root);
    el.append(this.root);
  }

  #buildFilters() {
    this.chips = FILTERS.map(([show, text]) => {
      const chip = makeElement("button", "nbs-filter", { type: "button" }, text);
      chip.append(makeElement("span", "nbs-filter-count"));
      chip.dataset.show = show;
      chip.addEventListener("click", () => this.#choose({ show }));
      return chip;
    });
    this.classFilter = makeElement("select", "nbs-filter-class", { "aria-label": "Class" });
    this.classFilter.append(new Option("Any class", ""));
    this.model.get("classes").forEach(({ name }, label) => {
      if (label > 0) this.classFilter.append(new Option(name, String(label)));
    });
    this.classFilter.addEventListener("change", () => this.#choose({ label: this.classFilter.value }));
    this.search = makeElement("input", "nbs-filter-name", {
      type: "search", placeholder: "Find by name", "aria-label": "Find by name",
    });
    this.search.addEventListener("input", () => this.#choose({ text: this.search.value }));
    const back = makeElement("button", "nbs-filter nbs-back", { type: "button" }, "Back to drawing");
    back.addEventListener("click", () => this.model.send({ type: "close" }));
    const group = makeElement("div", "nbs-filters", { role: "group", "aria-label": "Show" }, ...this.chips);
    return makeElement("div", "nbs-review-bar", {}, group, this.classFilter, this.search, back);
  }

  #listen() {
    const receive = (message, buffers) => this.#receive(message, buffers);
    this.model.on("msg:custom", receive);
    this.ends.push(() => this.model.off("msg:custom", receive));
    const mark = () => this.#markOpen();
    this.model.on("change:stem", mark);
    this.ends.push(() => this.model.off("change:stem", mark));
    this.grid.addEventListener("keydown", (event) => this.#move(event));
  }

  // ------------------------------------------------------------------ what the kernel says

  #receive(message, buffers) {
    ({
      pictures: () => this.#takePictures(message.pictures),
      measured: () => this.#takeMeasured(message.pictures),
      thumbnails: () => this.#takeThumbnails(message.pictures, buffers),
      summary: () => this.#takeSummary(message),
      suggestions: () => this.#takeSuggestions(message.suggestions),
    })[message.type]?.();
  }

  #takePictures(pictures) {
    this.album.setPictures(pictures);
    for (const tile of this.tiles.values()) tile.remove();
    this.tiles = new Map(pictures.map(({ stem }) => [stem, this.#makeTile(stem)]));
    for (const stem of this.tiles.keys()) this.#dress(stem);
    this.#answered();
    if (this.root.offsetParent !== null) this.#passFocus(true);
    const open = this.tiles.get(this.model.get("stem"));
    this.grid.scrollTop = open === undefined ? 0 : open.offsetTop - this.grid.clientHeight / 2;
  }

  #takeMeasured(pictures) {
    this.album.update(pictures);
    for (const { stem } of pictures) this.#dress(stem);
    this.#answered();
  }

  #takeThumbnails(pictures, buffers) {
    this.album.update(pictures);
    pictures.forEach(({ stem }, index) => {
      this.album.wanted.delete(stem);
      this.#setThumbnail(stem, buffers[index]);
      this.#dress(stem);
    });
    this.#answered();
  }

  #takeSuggestions(suggestions) {
    this.album.setSuggestions(suggestions);
    this.#show();
  }

  #takeSummary({ suspicions, totals }) {
    this.album.setSuspicions(suspicions);
    this.side.replaceChildren(this.#makeSuspicions(suspicions), this.#makeTotals(totals));
    for (const stem of this.tiles.keys()) this.#dress(stem);
    this.#show();
  }

  #answered() {
    this.isAsking = false;
    this.#show();
    this.#ask();
  }

  /** What had the focus is hidden now, and the keys would go nowhere. */
  #passFocus(isSeen) {
    const panel = this.root.closest(".nbs-labeller");
    const isLost = [document.body, panel, null].includes(document.activeElement);
    if (!isLost || panel === null) return;
    const next = isSeen ? this.#focusable() : panel.querySelector(".nbs-layer-pointer");
    next?.focus({ preventScroll: true });
  }

  #focusable() {
    return this.tiles.get(this.model.get("stem")) ?? this.grid.firstElementChild;
  }

  /** One request at a time: the kernel has other things to do, too. */
  #ask() {
    const request = this.isAsking ? null : this.album.nextRequest();
    if (request === null) return;
    this.isAsking = true;
    this.model.send(request);
  }

  // ------------------------------------------------------------------ tiles

  #makeTile(stem) {
    const picture = makeElement("span", "nbs-tile-picture");
    const name = makeElement("span", "nbs-tile-name", {}, stem);
    const marks = makeElement("span", "nbs-tile-marks");
    const why = makeElement("span", "nbs-tile-why");
    const tile = makeElement("button", "nbs-tile", { type: "button", title: stem }, picture, name, marks, why);
    tile.dataset.stem = stem;
    tile.addEventListener("click", () => this.#open(stem, null));
    this.observer.observe(tile);
    return tile;
  }

  #see(seen) {
    for (const { target, isIntersecting } of seen) {
      const { stem } = target.dataset;
      const isWanted = isIntersecting && target.isConnected && !target.dataset.thumbnail;
      this.album.wanted[isWanted ? "add" : "delete"](stem);
    }
    this.#ask();
  }

  #setThumbnail(stem, buffer) {
    const tile = this.tiles.get(stem);
    if (tile === undefined) return;
    const holder = tile.querySelector(".nbs-tile-picture");
    URL.revokeObjectURL(this.thumbnails.get(stem));
    tile.dataset.thumbnail = buffer.byteLength > 0 ? "shown" : "missing";
    if (buffer.byteLength === 0) {
      holder.replaceChildren("cannot be read");
      return;
    }
    const address = URL.createObjectURL(new Blob([buffer], { type: "image/jpeg" }));
    this.thumbnails.set(stem, address);
    holder.replaceChildren(makeElement("img", "", { src: address, alt: "" }));
  }

  /** Bring what a tile says up to date. */
  #dress(stem) {
    const tile = this.tiles.get(stem);
    const { labelled, shares } = this.album.pictures.get(stem);
    const suspicions = this.album.suspicionsOf(stem);
    const why = this.album.suggestions.get(stem) ?? "";
    tile.classList.toggle("nbs-todo", !labelled);
    tile.classList.toggle("nbs-suspicious", suspicions.length > 0);
    const state = labelled ? this.#sharesText(shares) : "not labelled";
    const told = [...suspicions.map(({ message }) => message), why].filter(Boolean);
    tile.setAttribute("aria-label", [stem, state, ...told].join(". "));
    tile.title = [stem, ...told].join("\n");
    tile.querySelector(".nbs-tile-marks").replaceChildren(...this.#marks(labelled, shares));
    tile.querySelector(".nbs-tile-why").textContent = this.#reason(suspicions, why);
  }

  #reason(suspicions, why) {
    if (this.filter.show === "suggested") return why;
    return this.filter.show === "suspicious" ? suspicions.map(({ message }) => message).join(" ") : "";
  }

  #sharesText(shares) {
    const classes = this.model.get("classes");
    return Object.entries(shares).map(([label, share]) => `${classes[label].name} ${percent(share)}`).join(", ");
  }

  #marks(labelled, shares) {
    if (!labelled) return [makeElement("span", "nbs-mark-todo", {}, "to do")];
    const classes = this.model.get("classes");
    return Object.entries(shares).map(([label, share]) => {
      const dot = makeElement("span", "nbs-mark-class", { title: classes[label].name }, percent(share));
      dot.style.setProperty("--nbs-class", classes[label].color);
      return dot;
    });
  }

  // ------------------------------------------------------------------ what is shown

  #choose(change) {
    Object.assign(this.filter, change);
    for (const stem of this.tiles.keys()) this.#dress(stem);
    this.#show();
    this.grid.scrollTop = 0;
  }

  #show() {
    const stems = this.album.shown(this.filter);
    const tiles = stems.map((stem) => this.tiles.get(stem));
    const isSame = tiles.length === this.grid.children.length && tiles.every((tile, i) => tile === this.grid.children[i]);
    if (!isSame) this.grid.replaceChildren(...tiles);
    this.#showChips();
    this.#showProgress(stems.length);
    this.#markOpen();
  }

  #showChips() {
    for (const chip of this.chips) {
      const { show } = chip.dataset;
      const count = this.album.count(show);
      chip.querySelector(".nbs-filter-count").textContent = count;
      chip.setAttribute("aria-pressed", this.filter.show === show);
      chip.hidden = show === "suggested" && this.album.suggestions.size === 0;
    }
  }

  #showProgress(shown) {
    const { measured, pictures, isReviewed } = this.album;
    this.progress.max = Math.max(1, pictures.size);
    this.progress.value = measured;
    this.progress.classList.toggle("nbs-done", isReviewed);
    this.root.dataset.measured = isReviewed ? "all" : "some";
    const note = !isReviewed ? `Looking at the masks: ${measured} of ${pictures.size}` : "";
    const text = shown === 0 && pictures.size > 0 ? "No picture is like this." : note;
    if (this.note.textContent !== text) this.note.textContent = text;
  }

  #markOpen() {
    const open = this.model.get("stem");
    const focusable = this.grid.querySelector('[tabindex="0"]')?.dataset.stem;
    const first = this.grid.firstElementChild?.dataset.stem;
    for (const [stem, tile] of this.tiles) {
      if (stem === open) tile.setAttribute("aria-current", "true");
      else tile.removeAttribute("aria-current");
      tile.tabIndex = stem === (focusable ?? first) ? 0 : -1;
    }
  }

  #makeSuspicions(suspicions) {
    const list = makeElement("ul", "nbs-suspicions");
    for (const suspicion of suspicions) list.append(this.#makeSuspicion(suspicion));
    const title = suspicions.length === 1 ? "1 thing looks wrong" : `${suspicions.length} things look wrong`;
    const nothing = makeElement("p", "nbs-review-well", {}, "Nothing looks wrong.");
    return suspicions.length === 0 ? nothing : disclosure(title, list);
  }

  #makeSuspicion({ stem, kind, message, box }) {
    const icon = makeElement("span", "nbs-kind", { "aria-hidden": "true" }, KIND_ICONS[kind] ?? "!");
    const text = makeElement("span", "", {}, ...(stem === null ? [] : [makeElement("b", "", {}, stem), " "]), message);
    const isThere = this.album.pictures.has(stem);
    const tag = isThere ? "button" : "div";
    const entry = makeElement(tag, "nbs-suspicion", isThere ? { type: "button" } : {}, icon, text);
    if (isThere) entry.addEventListener("click", () => this.#open(stem, box));
    return makeElement("li", "", {}, entry);
  }

  #makeTotals(totals) {
    const header = makeElement("tr", "", {});
    for (const name of ["Class", "Share", "Pictures", "Pieces", "Pixels"]) {
      header.append(makeElement("th", "", { scope: "col" }, name));
    }
    const body = makeElement("tbody", "", {}, ...totals.map((total, label) => this.#makeTotal(total, label)));
    const table = makeElement("table", "nbs-totals", {}, makeElement("thead", "", {}, header), body);
    return disclosure("What the masks hold", table);
  }

  #makeTotal(total, label) {
    const name = makeElement("th", "", { scope: "row" }, total.class);
    name.style.setProperty("--nbs-class", this.model.get("classes")[label].color);
    const exact = (value) => (value === null ? "–" : value.toLocaleString("en"));
    const pixels = makeElement("td", "", { title: exact(total.pixels) }, total.pixels.toLocaleString("en", COMPACT));
    const numbers = [percent(total.share), exact(total.pictures), exact(total.pieces)];
    return makeElement("tr", "", {}, name, ...numbers.map((text) => makeElement("td", "", {}, text)), pixels);
  }

  // ------------------------------------------------------------------ what the user does

  #open(stem, box) {
    this.model.send({ type: "open", stem, box });
  }

  /** The arrows go from picture to picture, as in any grid. */
  #move(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.model.send({ type: "close" });
    }
    const tiles = [...this.grid.children];
    const index = tiles.indexOf(document.activeElement);
    const columns = Math.max(1, tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const last = { Home: 0, End: tiles.length - 1 }[event.key];
    if (index < 0 || (step === undefined && last === undefined)) return;
    event.preventDefault();
    const next = tiles[last ?? index + step];
    if (next === undefined) return;
    tiles[index].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}

function disclosure(title, content) {
  const summary = makeElement("summary", "", {}, title);
  return makeElement("details", "nbs-disclosure", { open: "" }, summary, content);
}

function render({ model, el }) {
  const grid = new ReviewGrid(model, el);
  return () => grid.close();
}

export default { render };
