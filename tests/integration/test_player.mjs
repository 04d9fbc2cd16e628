// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where a player puts what it plays (control/web/lib/player/plan.js, place.js): pieces one after the
// other, pictures on the ticks of a cut, what only the decoder needs out of sight, sound frame by frame;
// that it goes on when its line is back (tape.js), and what is heard where there is no sound (silence.js).

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.env.LCT_SOURCE ?? join(fileURLToPath(import.meta.url), '../../..');
const load = (name) => import(join(root, 'control/web/lib/player', name));
const { grow, planOf, pieceAt, lessonTime, clipTime, stretch, ticksFrom, ticksOf } = await load('plan.js');
const { placePictures, placeSound } = await load('place.js');

const { slidesOf } = await load('item.js');

const S = 1e9;
const plan = planOf([{ lesson: 'a', from_ns: 10 * S, to_ns: 12 * S }, { lesson: 'b', from_ns: 0, to_ns: S },
    { lesson: 'a', from_ns: 11 * S, to_ns: 14 * S }]);
assert.equal(plan.length, 6 * S);
assert.deepEqual([0, 2 * S - 1, 2 * S, 3 * S, 6 * S, 99 * S].map((time) => pieceAt(plan, time)), [0, 0, 1, 2, 2, 2]);
assert.deepEqual(lessonTime(plan, 4 * S), { lesson: 'a', time: 12 * S });
assert.equal(clipTime(plan, 'a', 11.5 * S), 1.5 * S);
assert.equal(clipTime(plan, 'a', 13 * S), 5 * S);
assert.equal(clipTime(plan, 'b', 2 * S), null);
assert.deepEqual(stretch(plan, S, 3.5 * S), [{ lesson: 'a', from_ns: 11 * S, to_ns: 12 * S },
    { lesson: 'b', from_ns: 0, to_ns: S }, { lesson: 'a', from_ns: 11 * S, to_ns: 11.5 * S }]);
assert.deepEqual(stretch(plan, 2 * S, 2 * S), []);
/* a slide is found in each piece that shows it, also where it stood before the piece begins */
assert.deepEqual(slidesOf(plan, new Map([['a', [{ time_ns: 5 * S, to_ns: 11 * S, text: '光的\n折射' }, { time_ns: 11.5 * S, to_ns: 20 * S, text: 'b' }]]])),
    [{ at: 0, text: '光的 折射' }, { at: 1.5, text: 'b' }, { at: 3.5, text: 'b' }]);
assert.equal(ticksOf(864000 * S + 1, 90000), 864000 * 90000);

/* a lesson that is recorded grows over the death of its recorder and of the server, and is as long as it is in the end */
const grown = (...found) => {
    const lesson = planOf([{ lesson: 'a', from_ns: 0, to_ns: S }]);
    return found.map(([ms, state, seconds]) => {
        grow(lesson, { duration_ns: seconds * S, recording: state === 'recording', lesson_state: state }, ms);
        return [lesson.length / S, lesson.grows];
    });
};
assert.deepEqual(grown([0, 'recording', 3], [2e3, 'interrupted', 2], [4e3, 'copying', 2], [6e3, 'recording', 5], [8e3, 'ended', 4]),
    [[3, true], [3, true], [3, true], [5, true], [4, false]]);
assert.deepEqual(grown([0, 'recording', 3], [59e3, 'interrupted', 2], [61e3, 'interrupted', 2]), [[3, true], [3, true], [2, false]]);
assert.deepEqual(grown([1e6, 'interrupted', 2]), [[2, false]], 'it was broken off long ago');

/* a cut's numbers, too (tests/unit/base/test_time.c) */
[[0, 0], [1, 1], [11111, 1], [11112, 2], [33333333, 3000], [33366667, 3003], [66666666, 6000], [66666667, 6000],
    [66666668, 6001], [66677777, 6001], [7777777, 700], [863999999988889, 77759999999], [863999999988890, 77760000000]]
    .forEach(([time, tick]) => assert.equal(ticksFrom(time, 90000), tick, `${time}`));

/* ten pictures a second from a key frame at 9.5 s on; the piece begins with the sixth */
const rows = Array.from({ length: 10 }, (_, i) => ({ time: 9.5 * S + i * 1e8, key: i === 0 }));
const [piece] = plan.pieces;
const BEGIN = 90000; // a second
const placed = placePictures(rows, piece, 10.5 * S, 90000);
assert.deepEqual(placed.slice(0, 5).map(({ tick }) => tick), [5, 4, 3, 2, 1].map((n) => BEGIN - n));
assert.deepEqual(placed.slice(5).map(({ tick }) => tick), [0, 1, 2, 3, 4].map((n) => BEGIN + 9000 * n));
placed.forEach(({ tick, duration }, i) => assert.equal(tick + duration, placed[i + 1]?.tick ?? BEGIN + 45000));

/* thirty a second: a piece from a picture's time on shows it, one that begins behind it does not */
for (const [from, before] of [[66666667, 0], [66666668, 1], [66670000, 1]]) {
    const [cut] = planOf([{ lesson: 'a', from_ns: from, to_ns: S }]).pieces;
    const ticks = placePictures([6000, 9000, 12000].map((tick) => ({ time: Math.round(tick / 90000 * S) })), cut, S, 90000);
    assert.deepEqual(ticks.map(({ tick }) => tick), before ? [BEGIN - 1, BEGIN, BEGIN + 5999] : [BEGIN, BEGIN + 3000, BEGIN + 6000]);
}

/* a slide that has stood since before: shown from the piece's begin on */
const still = placePictures([{ time: 8 * S, key: true }, { time: 9 * S }, { time: 11 * S }], piece, 12.5 * S, 90000);
assert.deepEqual(still, [{ tick: BEGIN - 1, duration: 1 }, { tick: BEGIN, duration: 90000 }, { tick: BEGIN + 90000, duration: 90000 }]);
assert.deepEqual(placePictures([{ time: 8 * S, key: true }], piece, 99 * S, 90000), [{ tick: BEGIN, duration: 180000 }]);

/* a thousand pieces of odd lengths: sound without a hole, never half a frame off */
const many = planOf(Array.from({ length: 1000 }, (_, i) => ({ lesson: 'a', from_ns: 7777777 * i, to_ns: 7777777 * i + 33366667 })));
let end = 1;
for (const one of many.pieces) {
    const { shift, from, to } = placeSound(one, 48000);
    assert.ok(Math.abs(from - end) < 1e-9 && shift % 1024 === 48000 % 1024);
    const off = shift / 48000 - 1 - (one.at - one.from) / S;
    assert.ok(Math.abs(off) <= 512 / 48000 + 1e-4, `${off}`);
    end = to;
}
/* a line that is broken for long, by a clock that goes a hundred times as fast: refused connections, answers
   of a proxy whose server is away, one that never comes, one that stops in its middle; then all at once */
const { persist } = await load('tape.js');
const { bytesOf, Fault } = await import(join(root, 'control/web/lib/api.js'));
const later = globalThis.setTimeout;
globalThis.setTimeout = (act, ms, ...more) => later(act, ms / 100, ...more);
const BYTES = Buffer.alloc(300000, 7);
const ways = [
    ...Array.from({ length: 30 }, (_, i) => (answer) => (i % 2 ? answer.writeHead(502).end() : answer.destroy())),
    () => {},
    (answer) => answer.writeHead(206, { 'Content-Length': BYTES.length }).write(BYTES.subarray(0, 1000)),
    (answer) => answer.writeHead(206).end(BYTES),
    (answer) => answer.writeHead(404).end(),
];
let asked = 0;
const server = createServer((_, answer) => ways[asked++](answer));
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const nobody = new AbortController();
const get = () => persist((signal, alive) => bytesOf(`http://127.0.0.1:${server.address().port}/`, { from: 0, to: BYTES.length }, signal, alive), nobody.signal);
assert.ok(BYTES.equals(await get()));
assert.equal(asked, ways.length - 1);
await assert.rejects(get, (error) => error instanceof Fault && error.status === 404);
assert.equal(asked, ways.length, 'what is refused is asked for once');
nobody.abort();
await assert.rejects(get, { name: 'AbortError' });
server.closeAllConnections();
server.close();
globalThis.setTimeout = later;
/* Silence of one and of two channels: ffmpeg takes it for sound, and hears nothing for just so long. */
const { silence } = await load('silence.js');
for (const [channels, rate, ticks] of [[1, 48000, 100000], [2, 44100, 500], [2, 48000, 144000]]) {
    const whole = execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `sine=r=${rate}`, '-t', '0.5', '-ac', `${channels}`, '-c:a', 'aac',
        '-movflags', 'empty_moov+default_base_moof', '-f', 'mp4', '-']);
    const init = new Uint8Array(whole.subarray(0, whole.indexOf('moof') - 4));
    const made = silence(init, 2 ** 33, ticks);
    const { stdout, stderr } = spawnSync('ffmpeg', ['-v', 'warning', '-i', '-', '-ac', `${channels}`, '-f', 's16le', '-'], { input: Buffer.concat([init, made]), maxBuffer: 1 << 26 });
    assert.equal(stderr.toString(), '');
    assert.equal(stdout.length, 2 * channels * 1024 * Math.max(1, Math.floor(ticks / 1024)));
    assert.ok(stdout.every((byte) => byte === 0));
    const [view, n] = [new DataView(made.buffer), Math.max(1, Math.floor(ticks / 1024))];
    assert.equal(view.getUint32(60) * 2 ** 32 + view.getUint32(64), 2 ** 33);
    assert.equal(Array.from({ length: n }, (_, i) => view.getUint32(88 + 8 * i)).reduce((sum, one) => sum + one, 0), ticks);
}
assert.equal(silence(new Uint8Array(1000), 0, 1024), null);

console.log('pieces, pictures and sound in their places; a line that comes back');
