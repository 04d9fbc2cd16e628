// SPDX-License-Identifier: GPL-3.0-or-later
//
// cutjoins.mjs JOINS: cuts at random places, decoded from first to last. A line each:
// {"source": "pictures", "joins", "pictures", "right"} of a camera in three reels, of two encoders and two
// sizes, that shows its time; and {"source", "joins", "step", "above", "offset_ms", "placed"} of a
// tone, of silence, and of noise that comes and goes as speech does: the largest step from sample to sample
// at a join, as a share of the largest in the sound before it was cut (of silence: itself), how many joins
// have a larger one than that, and how far the middle of a range is at most from where it should be, of so many ranges.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tape from '../e2e/_tape.mjs';
import { cut, expected, folder, keeps, steepest } from '../integration/_cut.mjs';

const RATE = 48000;
const SECONDS = 300;
const AT_ONCE = 50;
const AROUND = 3072; // samples: what a join's frames reach, and what is made beside them
const NEAR = 1100; // samples: twice as far as sound may be off
const SAME = 128;

const joins = Number(process.argv[2]);

/** As random each time. */
function chance(seed) {
    let state = seed;
    return () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
    };
}

/** A tick of lesson time, from which it is reckoned exactly where ranges lie in the result. */
const tick = (seconds) => Math.ceil(seconds * 90000) / 90000;

const say = (line) => console.log(JSON.stringify(line));

/* ---- pictures ---- */

function pictures() {
    const camera = tape.makeScene('reels');
    const truth = tape.truthOf(camera, 'camera');
    const random = chance(3);
    const told = { source: 'pictures', joins: 0, pictures: 0, right: 0 };
    /** Between two pictures, so that it is sure which are in the range. */
    const between = (i) => tick(truth[i].pts + (0.1 + 0.8 * random()) * (truth[i + 1].pts - truth[i].pts));
    while (told.joins < joins) {
        const ranges = Array.from({ length: AT_ONCE + 1 }, () => {
            const first = 1 + Math.floor(random() * (truth.length - 30));
            return [between(first - 1), between(first + Math.floor(random() * 20))];
        });
        const wanted = expected(truth, ranges);
        const shown = tape.pictures(cut([camera.folder, ...keeps(ranges), '--track', 'camera']).out, 'v');
        told.joins += AT_ONCE;
        told.pictures += Math.max(wanted.length, shown.length);
        told.right += wanted.filter((one, i) => one.code === shown[i]?.code).length;
    }
    say(told);
}

/* ---- sound ---- */

const sources = {
    tone: () => (i) => 0.3 * Math.sin(0.0573 * i),
    silence: () => () => 0,
    speech() {
        const random = chance(1);
        const narrow = [500, 1500, 2500].map((hz) => ({ by: 1.97 * Math.cos((2 * Math.PI * hz) / RATE), one: 0, two: 0 }));
        return (i) => {
            const t = i / RATE;
            const voiced = Math.sin(2 * Math.PI * 0.31 * t) > -0.6 ? Math.sqrt(Math.max(0, Math.sin(2 * Math.PI * 4.1 * t))) : 0;
            const air = 0.015 * (random() - 0.5);
            const mouth = narrow.reduce((sum, band) => {
                const value = air + band.by * band.one - 0.97 * band.two;
                [band.two, band.one] = [band.one, value];
                return sum + value;
            }, 0);
            return 0.3 * voiced * mouth;
        };
    },
};

/** A lesson of that sound alone, as it comes from a file. */
function lessonOf(source) {
    const samples = new Int16Array(RATE * SECONDS);
    const next = sources[source]();
    samples.forEach((_, i) => (samples[i] = Math.round(32767 * next(i))));
    const raw = join(folder, `${source}.raw`);
    const wav = join(folder, `${source}.wav`);
    writeFileSync(raw, Buffer.from(samples.buffer));
    execFileSync('ffmpeg', ['-v', 'error', '-f', 's16le', '-ar', RATE, '-ac', 1, '-i', raw, wav]);
    execFileSync(tape.lectern, ['import', wav, '--out', join(folder, source)], { stdio: 'ignore' });
    return tape.readLesson(join(folder, source));
}

/** By how many samples what is heard at i of one sound is off from j of the other; null: it was made. */
function distance(one, i, other, j) {
    const like = (off) => {
        for (let k = -SAME / 2; k < SAME / 2; k++) {
            if (one[i + k] !== other[j + off + k]) {
                return false;
            }
        }
        return true;
    };
    for (let off = 0; off <= NEAR; off++) {
        if (like(off) || like(-off)) {
            return off;
        }
    }
    return null;
}

function sound(source) {
    const lesson = lessonOf(source);
    const before = tape.sound(tape.exportMovie(lesson), 'a').samples;
    const random = chance(7);
    const ranges = Array.from({ length: joins + 1 }, () => {
        const length = 0.5 + 0.7 * random();
        const from = 0.2 + (SECONDS - 1 - length) * random();
        return [tick(from), tick(from + length)];
    });
    const after = tape.sound(cut([lesson.folder, ...keeps(ranges)]).out, 'a').samples;
    const own = steepest(before, 4096, before.length - 8192); // without its begin and end, where half a frame is silence
    let at = 0, step = 0, above = 0;
    const off = [];
    ranges.forEach(([from, to], i) => {
        const middle = (to - from) / 2;
        off.push(distance(after, Math.round((at + middle) * RATE), before, Math.round((from + middle) * RATE)));
        at += to - from;
        if (i < joins) {
            const here = steepest(after, at * RATE - AROUND, at * RATE + AROUND);
            step = Math.max(step, here);
            above += here > own;
        }
    });
    const placed = off.filter((one) => one !== null);
    const farthest = (1000 * Math.max(...placed)) / RATE;
    say({ source, joins, step: own > 0 ? step / own : step, above, offset_ms: farthest, placed: placed.length });
}

pictures();
Object.keys(sources).forEach(sound);
