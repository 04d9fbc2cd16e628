// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Subtitles while they are written. Pure: what is done gives new cues and never changes those it was
 * given. Times are whole milliseconds of the item's time, from < to.
 *
 *     cues = cuesOf(vtt);  cues = split(cues, 3, 12, 8200);  vttOf(kept(cues))
 */

/** @typedef {{ from: number, to: number, text: string }} Cue */
/** @typedef {'empty' | 'long' | 'fast' | 'overlap'} Problem */

const LEAST_MS = 100;
const NEW_MS = 2000;
const LINE_MAX = 42; // of narrow letters, as broadcasters have it: 21 Chinese characters
const LINES_MAX = 2;
const SPEED_MAX = 20; // narrow letters a second: 10 Chinese characters

const ENTITIES = /** @type {const} */ ([['&', '&amp;'], ['<', '&lt;'], ['>', '&gt;']]);

/** "1:02:03.004" @param {string} text */
function msOf(text) {
  const [s, m, h = '0'] = text.split(':').reverse();
  return Math.round((Number(h) * 3600 + Number(m) * 60 + Number(s)) * 1000);
}

/** @param {number} ms */
function timeOf(ms) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return `${two(Math.floor(ms / 3600000))}:${two(Math.floor(ms / 60000) % 60)}:${two(Math.floor(ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`;
}

/** WebVTT as the server writes it (docs/formats/library.md): without tags, settings and notes. @param {string} vtt @returns {Cue[]} */
export const cuesOf = (vtt) => vtt.split('\n\n').slice(1).flatMap((block) => {
  const [times, ...lines] = block.replace(/\n$/, '').split('\n');
  const [from, to] = times.split(' --> ').map(msOf);
  const text = ENTITIES.reduceRight((all, [letter, entity]) => all.split(entity).join(letter), lines.join('\n'));
  return from < to ? [{ from, to, text }] : [];
});

/** @param {Cue[]} cues */
export const vttOf = (cues) => ['WEBVTT\n', ...cues.map(({ from, to, text }) =>
  `${timeOf(from)} --> ${timeOf(to)}\n${ENTITIES.reduce((all, [letter, entity]) => all.split(letter).join(entity), text)}\n`)].join('\n');

/** What is kept of them: those that say something, by time, without empty lines. @param {Cue[]} cues @returns {Cue[]} */
export const kept = (cues) => cues.map((cue) => ({ ...cue, text: cue.text.split('\n').map((line) => line.trim()).filter(Boolean).join('\n') }))
  .filter(({ text }) => text).sort((a, b) => a.from - b.from || a.to - b.to);

/** @param {Cue[]} cues @param {number} i @param {number} gone @param {Cue[]} come */
const splice = (cues, i, gone, come) => [...cues.slice(0, i), ...come, ...cues.slice(i + gone)];

/** @param {Cue[]} cues @param {number} i @param {string} text */
export const typed = (cues, i, text) => splice(cues, i, 1, [{ ...cues[i], text }]);

/** @param {Cue[]} cues @param {number} i */
export const removed = (cues, i) => splice(cues, i, 1, []);

/**
 * Two of one: at a letter, and at a moment if that is in it, else where the letter is in the text.
 * @param {Cue[]} cues @param {number} i @param {number} letter @param {number} at
 */
export function split(cues, i, letter, at) {
  const { from, to, text } = cues[i];
  if (to - from < 2 * LEAST_MS) {
    return cues;
  }
  const inside = at > from && at < to ? at : from + ((to - from) * letter) / Math.max(1, text.length);
  const middle = Math.round(Math.min(to - LEAST_MS, Math.max(from + LEAST_MS, inside)));
  return splice(cues, i, 1, [{ from, to: middle, text: text.slice(0, letter).trim() }, { from: middle, to, text: text.slice(letter).trim() }]);
}

/** Chinese goes on without a space. @param {string} a @param {string} b */
const joint = (a, b) => (!a || !b || /[\u2e80-\uffef]$/.test(a) || /^[\u2e80-\uffef]/.test(b) ? '' : ' ');

/** One of a cue and the next. @param {Cue[]} cues @param {number} i */
export function joined(cues, i) {
  const [a, b] = cues.slice(i, i + 2);
  return b ? splice(cues, i, 2, [{ from: a.from, to: Math.max(a.to, b.to), text: a.text + joint(a.text, b.text) + b.text }]) : cues;
}

/** Its begin or end is at another moment. @param {Cue[]} cues @param {number} i @param {'from' | 'to'} end @param {number} ms */
export function moved(cues, i, end, ms) {
  const { from, to } = cues[i];
  const at = Math.round(end === 'from' ? Math.min(Math.max(0, ms), to - LEAST_MS) : Math.max(ms, from + LEAST_MS));
  return at < 0 ? cues : splice(cues, i, 1, [{ ...cues[i], [end]: at }]);
}

/** One more, where nothing is said yet; its place is index. @param {Cue[]} cues @param {number} at */
export function added(cues, at) {
  const from = Math.round(at);
  const index = cues.filter((one) => one.from <= from).length;
  const next = cues[index]?.from ?? Infinity;
  return { cues: splice(cues, index, 0, [{ from, to: Math.max(from + LEAST_MS, Math.min(from + NEW_MS, next)), text: '' }]), index };
}

/** How wide a text is, in narrow letters. @param {string} text */
export const widthOf = (text) => [...text].reduce((sum, letter) => sum + (/[\u1100-\u115f\u2e80-\uffdc\u{20000}-\u{3ffff}]/u.test(letter) ? 2 : 1), 0);

/** What a reader would stumble over; nothing is refused for it. @param {Cue[]} cues @param {number} i @returns {Problem[]} */
export function problems(cues, i) {
  const { from, to, text } = cues[i];
  const lines = text.split('\n');
  /** @type {Problem[]} */
  const found = [];
  if (!text.trim()) {
    found.push('empty');
  }
  if (lines.length > LINES_MAX || lines.some((line) => widthOf(line) > LINE_MAX)) {
    found.push('long');
  }
  if ((widthOf(lines.join('')) * 1000) / (to - from) > SPEED_MAX) {
    found.push('fast');
  }
  if (cues.some((one, k) => k !== i && one.from < to && from < one.to)) {
    found.push('overlap');
  }
  return found;
}
