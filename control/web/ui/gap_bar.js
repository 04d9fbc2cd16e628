// SPDX-License-Identifier: GPL-3.0-or-later
// Gaps on a bar: what of a lesson's time was not recorded.

import { html } from '../vendor/preact.js';
import { seconds, span } from '../lib/format.js';
import { useWords } from '../lib/language.js';
import { trackNames } from '../lib/names.js';

/** @typedef {import('../types').Gap} Gap */
/** @typedef {{ from: number, to: number, tracks: string[] }} Hole */

const SAME_SECONDS = 1;

/**
 * Gaps of several tracks at one moment are one hole to whoever watches.
 * @param {Gap[]} gaps
 * @returns {Hole[]}
 */
export function holes(gaps) {
  /** @type {Hole[]} */
  const found = [];
  for (const gap of [...gaps].sort((a, b) => a.from_ns - b.from_ns)) {
    const last = found[found.length - 1];
    const from = seconds(gap.from_ns);
    const to = seconds(gap.to_ns);
    if (last && from < last.to + SAME_SECONDS) {
      last.to = Math.max(last.to, to);
      last.tracks = [...new Set([...last.tracks, gap.track])];
    } else {
      found.push({ from, to, tracks: [gap.track] });
    }
  }
  return found;
}

/**
 * @param {number} at
 * @param {number} length
 */
export const percent = (at, length) =>
  `${length > 0 ? Math.min(100, Math.max(0, (100 * at) / length)).toFixed(2) : 0}%`;

/** @param {{ length: number, gaps: Gap[] }} props */
export function GapMarks({ length, gaps }) {
  return holes(gaps).map(({ from, to }) => html`<span class="gap"
    style=${{ left: percent(from, length), width: percent(to - from, length) }}></span>`);
}

/** @param {{ length: number, gaps: Gap[] }} props */
export function GapBar({ length, gaps }) {
  const t = useWords();
  const words = [t.timeline(span(length)),
    ...holes(gaps).map(({ from, to, tracks }) => t.gap(from, to, trackNames(t, tracks)))];
  return html`<div class="gap-bar" role="img" aria-label=${words.join('; ')} title=${words.slice(1).join('\n')}>
    <${GapMarks} length=${length} gaps=${gaps} />
  </div>`;
}
