// SPDX-License-Identifier: GPL-3.0-or-later
// The picture that stands for an item: one moment of one track of a lesson. As a text it stands in a form.

import { isSound } from '../names.js';
import { lessonTime, planOf } from '../player/plan.js';

/** @typedef {{ lesson: string, track: string, time_ns: number }} Cover */

const SLIDES = 18; // of many, evenly
const EVENLY = 6; // of a track without slides
const APART_NS = 5e9; // there is about one small picture in so long

/** '' for none. @param {Cover | null | undefined} cover @param {string} id of the item, where the cover names no lesson */
export const coverText = (cover, id) => (cover ? [cover.lesson || id, cover.track, cover.time_ns].join('/') : '');

/** @param {string} text @returns {Cover | null} */
export function coverOf(text) {
  const [lesson, track, time] = text.split('/');
  return text ? { lesson, track, time_ns: Number(time) } : null;
}

/** At most n of a list, evenly. @template T @param {T[]} list @param {number} n */
const some = (list, n) => (list.length <= n ? list : Array.from({ length: n }, (_, i) => list[Math.floor((i * list.length) / n)]));

/**
 * What can be chosen: the slides, and of pictures without slides some moments.
 * @param {any} item as GET /api/v1/items/{id} answers
 * @returns {Cover[]}
 */
export function picturesToChoose(item) {
  const plan = planOf(item.pieces || [{ lesson: item.id, from_ns: 0, to_ns: item.duration_ns }]);
  /** @type {Map<string, string[]>} */
  const tracks = new Map((item.sources || [{ id: item.id, tracks: item.tracks.map((/** @type {{ name: string }} */ one) => one.name) }])
    .map((/** @type {{ id: string, tracks: string[] }} */ one) => [one.id, one.tracks.filter((name) => !isSound(name))]));
  const names = [...new Set([...tracks.values()].flat())];
  const screen = names.find((name) => name.startsWith('screen'));
  const slides = screen ? some(item.slides || [], SLIDES).map((/** @type {any} */ slide) => (
    { lesson: item.id, track: screen, time_ns: slide.picture_ns ?? slide.time_ns })) : [];
  const count = Math.min(EVENLY, Math.ceil(plan.length / APART_NS));
  const moments = Array.from({ length: count }, (_, i) => lessonTime(plan, Math.floor(((i + 0.5) * plan.length) / count)));
  return [...slides, ...names.filter((name) => name !== screen || slides.length === 0)
    .flatMap((track) => moments.filter(({ lesson }) => tracks.get(lesson)?.includes(track))
      .map(({ lesson, time }) => ({ lesson, track, time_ns: Math.round(time) })))];
}
