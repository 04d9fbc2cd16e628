// SPDX-License-Identifier: GPL-3.0-or-later
// A lesson or microlesson as its player needs it: all times in seconds of its own.

import { ask } from '../api.js';
import { seconds } from '../format.js';
import { isSound } from '../names.js';
import { clipTime, grow, planOf } from './plan.js';

/** @typedef {import('../../types').Item} Item */
/** @typedef {import('../../types').Gap} Gap */
/** @typedef {import('../../types').Mark} Mark */
/** @typedef {import('../../types').Slide} Slide */
/** @typedef {import('./plan.js').Plan} Plan */
/** @typedef {{ at: number, kind: 'chapter' | 'mark', text: string }} Point */

/**
 * @typedef {object} Playable
 * @property {Item} item
 * @property {Plan} plan
 * @property {string[]} tracks pictures, then sounds
 * @property {(lesson: string, track: string) => boolean} has
 * @property {Point[]} points chapters and marks, by time
 * @property {{ at: number, text: string }[]} slides what stands on them
 * @property {Gap[]} gaps in its own time
 * @property {string[]} missing titles of lessons that were deleted
 */

/**
 * The gaps that a plan shows, in its own time.
 * @param {Plan} plan @param {Map<string, Gap[]>} gaps by lesson
 */
function gapsOf({ pieces }, gaps) {
  return pieces.flatMap(({ lesson, from, to, at }) => (gaps.get(lesson) || [])
    .filter((gap) => gap.from_ns < to && gap.to_ns > from)
    .map((gap) => ({ track: gap.track, from_ns: at + Math.max(gap.from_ns, from) - from, to_ns: at + Math.min(gap.to_ns, to) - from })));
}

/**
 * The slides that a plan shows, in seconds of its own time.
 * @param {Plan} plan @param {Map<string, Slide[]>} slides by lesson
 * @returns {{ at: number, text: string }[]}
 */
export const slidesOf = ({ pieces }, slides) => pieces.flatMap(({ lesson, from, to, at }) => (slides.get(lesson) || [])
  .filter((slide) => slide.time_ns < to && slide.to_ns > from)
  .map(({ time_ns: time, text }) => ({ at: seconds(at + Math.max(time, from) - from), text: text.replace(/\s+/g, ' ') })));

/** @typedef {{ marks: Mark[], gaps: Gap[], slides: Slide[] }} Details */
/** Marks, gaps and slides of a lesson; none for who has no more than a shared link. @param {string} lesson @returns {Promise<Details>} */
const detailsOf = (lesson) => ask('GET', `/items/${lesson}`).catch(() => ({ marks: [], gaps: [], slides: [] }));

/** True for who has the access code, and may make something. */
export const mayChange = () => fetch('/api/v1/recordings?limit=1').then(({ ok }) => ok, () => false);

/**
 * Rejects with a Fault.
 * @param {string} id
 * @param {boolean} all also marks, gaps and slides of a microlesson's lessons
 * @returns {Promise<Playable>}
 */
export async function fetchItem(id, all) {
  /** @type {Item} */
  const item = await ask('GET', `/items/${encodeURIComponent(id)}`);
  const sources = item.sources || [{ id, title: item.title, tracks: (item.tracks || []).map(({ name }) => name), missing: false }];
  const there = sources.filter(({ missing }) => !missing);
  const plan = planOf(item.pieces || [{ lesson: id, from_ns: 0, to_ns: item.duration_ns }]);
  if (item.tracks) {
    grow(plan, item, performance.now());
  }
  const details = new Map(await Promise.all(there.map(async (one) => {
    const { marks = [], gaps = [], slides = [] } = item.tracks ? item : all ? await detailsOf(one.id) : {};
    return /** @type {[string, Details]} */ ([one.id, { marks, gaps, slides }]);
  })));
  const names = [...new Set(there.flatMap(({ tracks }) => tracks))];
  const marks = [...details].flatMap(([lesson, one]) => one.marks.map((mark) => ({ at: clipTime(plan, lesson, mark.time_ns), text: mark.label })));
  /** @type {Point[]} */
  const points = [
    ...item.chapters.map(({ time_ns: time, title }) => ({ at: seconds(time), kind: /** @type {const} */ ('chapter'), text: title })),
    ...marks.flatMap(({ at, text }) => (at === null ? [] : [{ at: seconds(at), kind: /** @type {const} */ ('mark'), text }])),
  ];
  return {
    item, plan,
    tracks: [...names.filter((name) => !isSound(name)), ...names.filter(isSound)],
    has: (lesson, track) => there.some((one) => one.id === lesson && one.tracks.includes(track)),
    points: points.sort((a, b) => a.at - b.at),
    slides: slidesOf(plan, new Map([...details].map(([lesson, { slides }]) => [lesson, slides]))),
    gaps: gapsOf(plan, new Map([...details].map(([lesson, { gaps }]) => [lesson, gaps]))),
    missing: sources.filter(({ missing }) => missing).map(({ title, id: lesson }) => title || lesson),
  };
}
