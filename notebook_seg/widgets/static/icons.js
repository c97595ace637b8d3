/** Icons of the toolbar: lines of one width in the colour of the text, on a grid of 20 × 20. */

const iconDot = (x, y, r = 1.5) => `<circle cx="${x}" cy="${y}" r="${r}" class="solid"/>`;
const iconPath = (d, kind = "") => `<path d="${d}"${kind && ` class="${kind}"`}/>`;

const ICONS = {
  lasso:
    iconPath("M7.2 12.6C4.7 12 3 10.4 3 8.4 3 5.6 6.1 3.4 10 3.4s7 2.2 7 5-3.1 5-7 5h-.4") +
    '<circle cx="8" cy="13" r="1.5"/>' +
    iconPath("M7.1 14.2c-.9.8-1.3 1.6-.9 2.5"),
  polygon:
    iconPath("M10 3.6 16.6 8.4 14.1 16H5.9L3.4 8.4z") +
    iconDot(10, 3.6) + iconDot(16.6, 8.4) + iconDot(14.1, 16) + iconDot(5.9, 16) + iconDot(3.4, 8.4),
  scissors:
    iconPath("M4 3.5h3.4v6.7a2.6 2.6 0 0 0 5.2 0V3.5H16v6.7a6 6 0 0 1-12 0z") + iconPath("M4 7h3.4M12.6 7H16"),
  box: iconPath("M4 5h12v10H4z") + iconDot(4, 5) + iconDot(16, 15),
  brush:
    iconPath("M9 10.2 14.6 3.9a1.5 1.5 0 0 1 2.2 0 1.5 1.5 0 0 1 0 2.1L10.6 11.6") +
    iconPath("M9.9 12.2a2.8 2.8 0 0 0-4.7.3c-.6 1.3-.4 2.6-2 3.2 1.8 1.3 5 1.4 6.6-.2a2.6 2.6 0 0 0 .1-3.3z"),
  erase:
    iconPath("M8 16.3 3.9 12.2a1.3 1.3 0 0 1 0-1.9l6.5-6.5a1.3 1.3 0 0 1 1.9 0l4.1 4.1a1.3 1.3 0 0 1 0 1.9L9.9 16.3z") +
    iconPath("M7.1 7.1 13.1 13.1M7.5 16.3h9"),
  fill:
    iconPath("M7.6 2.8 14.8 10 8.9 15.9a1.2 1.2 0 0 1-1.7 0L3 11.7a1.2 1.2 0 0 1 0-1.7l5.8-5.9M3 10.5h11.3") +
    iconPath("M16.6 12.4c-1 1.4-1.4 2-1.4 2.8a1.4 1.4 0 0 0 2.8 0c0-.8-.4-1.4-1.4-2.8z", "solid"),
  wand:
    iconPath("M3.6 16.4 11.4 8.6M9.6 8.4l2 2") +
    iconPath("M14.6 2.6v3.2M13 4.2h3.2M16.6 8.6v2.4M15.4 9.8h2.4M8.4 3v2.4M7.2 4.2h2.4"),
  snap:
    '<path d="M10 2.7c4.2 0 7.3 3 7.3 7.2s-3 7.4-7.3 7.4-7.3-3.1-7.3-7.4S5.8 2.7 10 2.7z" stroke-dasharray="2.2 2.5"/>' +
    iconPath("M6.7 10.7c-.4-2.2 1.1-4.2 3.2-4.3s3.5 1 3.6 3-1.2 4.2-3.3 4.3-3.2-1-3.5-3z", "tint"),
  superpixels:
    iconPath("M7.7 9.3 12.5 11.3 10.9 16.5H3.5V10.6z", "shade") +
    iconPath("M3.5 3.5h13v13h-13zM8.9 3.5 7.7 9.3 3.5 10.6M7.7 9.3 12.5 11.3 10.9 16.5M12.5 11.3 16.5 8.2"),
  scribble: iconPath("M3 13.6C4.5 7.6 7 3.8 8.2 4.7S6.8 13 8.6 13.5 12.2 7.3 13.4 8s-1.2 5.2.4 5.7 2.3-.8 3.4-2.1"),
  add: iconPath("M10 4v12M4 10h12"),
  subtract: iconPath("M4 10h12"),
  replace: iconPath("M15.9 8.3A6.2 6.2 0 0 0 4.6 7.2M4.1 11.7a6.2 6.2 0 0 0 11.3 1.1") + iconPath("M4.4 3.9v3.5h3.5M15.6 16.1v-3.5h-3.5"),
  locked: iconPath("M4.8 9h10.4v7.3H4.8z", "tint") + iconPath("M7 9V6.4a3 3 0 0 1 6 0V9"),
  unlocked: iconPath("M4.8 9h10.4v7.3H4.8z") + iconPath("M7 9V6.2a3 3 0 0 1 5.8-1"),
  undo: iconPath("M7.2 4.3 3.7 7.8l3.5 3.5M4 7.8h7.9a4.1 4.1 0 0 1 0 8.2H8.3"),
  redo: iconPath("M12.8 4.3l3.5 3.5-3.5 3.5M16 7.8H8.1a4.1 4.1 0 0 0 0 8.2h3.6"),
  clear: iconPath("M3.8 5.6h12.4M7.8 5.4V3.6h4.4v1.8M5.2 5.6l.7 10.8h8.2l.7-10.8M8.5 8.6v4.8M11.5 8.6v4.8"),
  whole: iconPath("M3.5 7V3.5H7M13 3.5h3.5V7M16.5 13v3.5H13M7 16.5H3.5V13") + iconPath("M7 7.6h6v4.8H7z", "tint"),
  fullscreen: iconPath("M11.8 3.5h4.7v4.7M16.2 3.8l-4.9 4.9M8.2 16.5H3.5v-4.7M3.8 16.2l4.9-4.9"),
  help: '<circle cx="10" cy="10" r="7"/>' + iconPath("M7.9 8.1A2.1 2.1 0 0 1 10 6.1c1.2 0 2.1.8 2.1 1.9 0 1.5-2.1 1.7-2.1 3.1") + iconDot(10, 13.7, 1),
  smooth: '<path d="M3 15.5h4v-4h3v-4h4v-4h3" opacity=".45"/>' + iconPath("M3 16.5C9.5 16.5 10 3 17 3"),
  holes: '<circle cx="10" cy="10" r="6.7"/>' + iconDot(10, 10, 2.6),
  specks:
    iconPath("M3.4 11c-.4-3.2 1.6-6 4.6-6.1s4.7 1.7 4.7 4.4-1.9 5.4-4.8 5.5-4.2-1.3-4.5-3.8z", "tint") +
    iconDot(16.2, 4.5, 1.1) + iconDot(16.7, 9.8, 0.8) + iconDot(14.5, 15.6, 1),
  ask: iconPath("M8.6 4.4 10.2 9l4.6 1.6-4.6 1.6-1.6 4.6L7 12.2l-4.6-1.6L7 9z") + iconPath("M15.2 2.8v3.6M13.4 4.6H17"),
  review: iconPath("M3.5 3.5H9V9H3.5zM11 3.5h5.5V9H11zM3.5 11H9v5.5H3.5zM11 11h5.5v5.5H11z"),
  accept: iconPath("M4 10.6 8.2 14.8 16 5.8"),
  refuse: iconPath("M5 5 15 15M15 5 5 15"),
};

/**
 * An icon as the text of an SVG element, hidden from screen readers: its button has a name.
 * @param {keyof typeof ICONS} name
 */
export function iconText(name) {
  return `<svg class="nbs-icon" viewBox="0 0 20 20" aria-hidden="true">${ICONS[name]}</svg>`;
}
