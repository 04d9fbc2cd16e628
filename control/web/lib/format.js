// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as people read them.

const SECOND_NS = 1e9;

/** @param {number} n */
const two = (n) => String(n).padStart(2, '0');

/** @param {number} ns */
export const seconds = (ns) => ns / SECOND_NS;

/**
 * 0:12:34, always with hours, so that a running clock never changes its width.
 * @param {number} s
 */
export function clock(s) {
  const whole = Math.max(0, Math.floor(s));
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/**
 * 12:34, with hours only where there are some.
 * @param {number} s
 */
export function span(s) {
  return s >= 3600 ? clock(s) : clock(s).slice(2);
}

/**
 * 10:42:06 of a moment, as the clock on the wall here.
 * @param {string | Date} moment
 */
export function timeOfDay(moment) {
  const date = new Date(moment);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/**
 * @param {string} moment
 * @param {string} locale
 */
export function day(moment, locale) {
  return new Intl.DateTimeFormat(locale, {
    year: 'numeric', month: 'short', day: 'numeric', weekday: 'short',
    hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).format(new Date(moment));
}

/** @param {number} bits a second */
export const rate = (bits) => (bits >= 1e6 ? `${(bits / 1e6).toFixed(1)}\u00a0Mbit/s` : `${Math.round(bits / 1000)}\u00a0kbit/s`);

/** @param {number} bytes */
export function size(bytes) {
  const steps = ['B', 'KB', 'MB', 'GB', 'TB'];
  let i = 0;
  while (bytes >= 1000 && i < steps.length - 1) {
    bytes /= 1000;
    i++;
  }
  return `${bytes.toFixed(i > 0 && bytes < 100 ? 1 : 0)}\u00a0${steps[i]}`;
}

/**
 * 0:12:34.567 of nanoseconds, the parts of a second cut off.
 * @param {number} ns
 */
export const exact = (ns) => `${clock(ns / SECOND_NS)}.${String(Math.floor(ns / 1e6) % 1000).padStart(3, '0')}`;

/**
 * What somebody wrote, inside a sentence: whichever way its letters run, they turn nothing beside it (UAX #9, 2.4: first
 * strong isolate). What would turn more than itself is left out.
 * @param {string} text
 */
export const own = (text) => `\u2068${text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '')}\u2069`;
