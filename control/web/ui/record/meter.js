// SPDX-License-Identifier: GPL-3.0-or-later
// How loud it is. The bar is as long as the loudest of the last moments; the line is the mean.

import { html } from '../../vendor/preact.js';
import { useWords } from '../../lib/language.js';

const FLOOR_DB = -60;

/** @param {number} db */
const share = (db) => Math.min(1, Math.max(0, 1 - db / FLOOR_DB));

/** @param {{ name: string, peak: number, rms: number, on: boolean }} props */
export function Meter({ name, peak, rms, on }) {
  const t = useWords();
  const db = on ? peak : -100;
  return html`<div class="meter-row">
    <div class="meter" role="meter" aria-label=${`${t.level} ${name}`} aria-valuemin=${FLOOR_DB} aria-valuemax="0"
        aria-valuenow=${Math.round(Math.min(0, Math.max(FLOOR_DB, db)))} aria-valuetext=${t.decibels(db)}>
      <div class="meter-level" style=${{ clipPath: `inset(0 ${(100 * (1 - share(db))).toFixed(1)}% 0 0)` }}></div>
      <div class="meter-mean" style=${{ left: `${(100 * share(on ? rms : -100)).toFixed(1)}%` }}></div>
    </div>
    <span class="meter-words" aria-hidden="true">${on ? t.decibels(db) : '–'}</span>
  </div>`;
}
