/** What the review of a dataset shows, without a page: which pictures, and what to ask for next. */

/**
 * @typedef {{stem: string, labelled: boolean, measured: boolean,
 *   shares: Object<string, number>}} Picture
 * @typedef {{stem: string | null, kind: string, message: string, box: number[] | null}} Suspicion
 * @typedef {{show: string, label: string, text: string}} Filter
 *   show: "all", "labelled", "unlabelled", "suspicious" or "suggested"; label: a class or ""
 */

/** How many thumbnails are asked for at once. */
const BATCH = 8;

export class Album {
  constructor() {
    /** @type {Map<string, Picture>} */
    this.pictures = new Map();
    /** @type {Map<string, string>} why each picture is worth labelling, the best first */
    this.suggestions = new Map();
    /** @type {Suspicion[]} */
    this.suspicions = [];
    /** Whether all masks were measured and compared with each other. */
    this.isReviewed = false;
    /** @type {Set<string>} pictures in view whose thumbnail is not there, or no longer true */
    this.wanted = new Set();
  }

  /** @param {Picture[]} pictures */
  setPictures(pictures) {
    this.pictures = new Map(pictures.map((picture) => [picture.stem, picture]));
    this.isReviewed = false;
  }

  /** @param {Picture[]} pictures some of them, measured again */
  update(pictures) {
    for (const picture of pictures) this.pictures.set(picture.stem, picture);
  }

  /** @param {Suspicion[]} suspicions */
  setSuspicions(suspicions) {
    this.suspicions = suspicions;
    this.isReviewed = true;
  }

  /** @param {{stem: string, why: string}[]} suggestions */
  setSuggestions(suggestions) {
    this.suggestions = new Map(suggestions.map(({ stem, why }) => [stem, why]));
  }

  /** @param {string} stem */
  suspicionsOf(stem) {
    return this.suspicions.filter((suspicion) => suspicion.stem === stem);
  }

  /**
   * The stems that pass a filter, in the order in which they are shown.
   * @param {Filter} filter
   */
  shown({ show, label, text }) {
    const suspicious = new Set(this.suspicions.map(({ stem }) => stem));
    const passes = {
      all: () => true,
      labelled: ({ labelled }) => labelled,
      unlabelled: ({ labelled }) => !labelled,
      suspicious: ({ stem }) => suspicious.has(stem),
      suggested: ({ stem }) => this.suggestions.has(stem),
    }[show];
    const words = text.trim().toLowerCase();
    return this.#ordered(show)
      .filter((picture) => passes(picture) && (label === "" || label in picture.shares))
      .map(({ stem }) => stem)
      .filter((stem) => stem.toLowerCase().includes(words));
  }

  /** @param {string} show how many pictures a filter of the first row has */
  count(show) {
    return this.shown({ show, label: "", text: "" }).length;
  }

  get measured() {
    return [...this.pictures.values()].filter(({ measured }) => measured).length;
  }

  /** The next message to the kernel: what is in view comes before what is not. */
  nextRequest() {
    const stems = [...this.wanted].slice(0, BATCH);
    if (stems.length > 0) return { type: "thumbnails", stems };
    return this.isReviewed ? null : { type: "measure" };
  }

  #ordered(show) {
    if (show !== "suggested") return [...this.pictures.values()];
    const known = [...this.suggestions.keys()].filter((stem) => this.pictures.has(stem));
    return known.map((stem) => this.pictures.get(stem));
  }
}

/** A share as people read it. @param {number} share 0 to 1 */
export function percent(share) {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
