// SPDX-License-Identifier: GPL-3.0-or-later
//
// lectern cut, run and judged.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { temporary } from '../e2e/_browsers.mjs';
import * as tape from '../e2e/_tape.mjs';

const { check, lectern } = tape;
export const TICK = 1 / 90000;
const STAND = 0.1; // a picture that stands longer than this into a range is said again at its begin

export const folder = temporary();
let made = 0;

/** Runs lectern cut; returns {code, words, said (its JSON)}. */
export function run(words, out, env = {}) {
    const args = ['cut', ...words, '-o', out, '--json'];
    const done = spawnSync(lectern, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', ...env } });
    return { code: done.status, words: done.stderr, said: JSON.parse(done.stdout || '{}') };
}

/** Nanoseconds as the index says a picture's time: so a range from one picture's to another's is just that. */
export const typed = (seconds) => seconds.toFixed(9);

export const keeps = (ranges) => ranges.flatMap(([from, to]) => ['--keep', `${typed(from)}-${typed(to)}`]);

export function cut(words, suffix = '.mp4') {
    const out = join(folder, `cut-${made++}${suffix}`);
    const { code, words: said, said: json } = run(words, out);
    check(code === 0, `lectern cut ${words.join(' ')}: ${said} ${JSON.stringify(json)}`);
    return { out, ...json };
}

/** What the ranges of a track must show: [{pts, code}]. */
export function expected(truth, ranges) {
    let at = 0;
    return ranges.flatMap(([from, to]) => {
        const own = truth.filter((one) => one.pts >= from - TICK / 2 && one.pts < to - TICK / 2);
        const stands = truth.filter((one) => one.pts <= from).at(-1);
        const late = !own.length || own[0].pts - from > STAND;
        const all = late && stands ? [stands, ...own] : own;
        const start = at;
        at += to - from;
        return all.map(({ pts, code }, i) => ({ pts: i === 0 ? start : start + pts - from, code }));
    });
}

export function checkPictures(file, wanted, what) {
    const shown = tape.pictures(file, 'v');
    check(shown.length === wanted.length, `${what}: ${shown.length} pictures, not ${wanted.length}`);
    shown.forEach(({ pts, code }, i) => {
        check(code === wanted[i].code, `${what}: picture ${i} is that of ${code} ms, not ${wanted[i].code}`);
        check(Math.abs(pts - wanted[i].pts) < 3 * TICK, `${what}: picture ${i} at ${pts}, not ${wanted[i].pts}`);
        check(i === 0 || pts > shown[i - 1].pts, `${what}: time runs back at picture ${i}`);
    });
    return shown;
}

/** Largest step from sample to sample, claps aside (these are as loud as can be). */
export function steepest(samples, from = 0, to = samples.length) {
    let most = 0;
    for (let i = Math.round(from) + 1; i < Math.round(to); i++) {
        most = Math.max(most, Math.abs(samples[i] - samples[i - 1]));
    }
    return most;
}
