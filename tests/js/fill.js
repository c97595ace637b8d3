/** Fills outlines and brush paths that come as JSON, and answers with boxes and runs of pixels. */

import { readFileSync } from "node:fs";

import { boxRegion, brushRegion, polygonRegion } from "../../notebook_seg/widgets/static/geometry.js";

const FILL = {
  polygon: ({ points, height, width }) => polygonRegion(points, height, width),
  box: ({ points, height, width }) => boxRegion(points, height, width),
  brush: ({ points, radius, height, width }) => brushRegion(points, radius, height, width),
};

const cases = JSON.parse(readFileSync(0, "utf8"));
const regions = cases.map((each) => {
  const region = FILL[each.kind]({ ...each, points: Float32Array.from(each.points.flat()) });
  if (region === null) return null;
  const { box, rows, starts, stops } = region;
  return { box: [box.top, box.left, box.bottom, box.right], runs: [rows, starts, stops].map((a) => [...a]) };
});
process.stdout.write(JSON.stringify(regions));
