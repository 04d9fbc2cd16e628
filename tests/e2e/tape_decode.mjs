// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a decoder says to a tape: every chunk decodes, in the reel that is still written, in the
// finished one and in the exported movie, to the same coded bytes; pictures stand where they were
// taken; a clap is heard within 5 ms of when it is seen.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporary } from './_browsers.mjs';
import * as tape from './_tape.mjs';

const { check } = tape;
const SYNC_MS = 5;

/** The reel as it was before it was finished: its 16 bytes free again, no moov behind the chunks. */
function unfinished(reel) {
    const copy = join(temporary(), `${reel.name}.mp4`);
    const last = reel.rows.at(-1);
    const bytes = readFileSync(reel.file).subarray(0, last.offset + last.n);
    bytes.writeUInt32BE(16, 32);
    bytes.write('free', 36);
    bytes.fill(0, 40, 48);
    writeFileSync(copy, bytes);
    return copy;
}

function checkSync(shown, sound, what) {
    const far = tape.distances(tape.clapsSeen(shown), tape.clapsHeard(sound));
    const worst = Math.max(...far.map((s) => Math.abs(1000 * s)));
    check(worst <= SYNC_MS, `${what}: claps are heard ${far} s after they are seen`);
    console.log(`${what}: ${far.length} claps, heard within ${worst.toFixed(2)} ms of when seen`);
}

function checkReel(reel, what) {
    const open = unfinished(reel);
    check(tape.streamMd5(open) === tape.streamMd5(reel.file), `${what}: finishing changed the stream`);
    const samples = reel.rows.reduce((sum, row) => sum + row.samples, 0);
    for (const file of [open, reel.file]) {
        const count = tape.packetTimes(file).length;
        check(count === samples, `${what}: ${samples} samples in the index, ${count} in ${file}`);
    }
    // before it is finished a reel's packets have lesson time, afterwards the reel's own
    const first = reel.rows[0].time;
    check(Math.abs(tape.packetTimes(open)[0] - first) < 1e-5, `${what}: does not begin at ${first}`);
    check(tape.packetTimes(reel.file)[0] === 0, `${what}: finished, it does not begin at 0`);
    if (reel.mime.startsWith('avc1')) {
        tape.pictures(open); // as many pictures as packets, or it throws
        tape.pictures(reel.file);
    } else {
        tape.sound(open);
    }
    console.log(`${what}: ${samples} samples decode, open and finished, same MD5`);
}

/** Each picture stands at the time it was taken, or is the one before, said once more. */
function checkClock(shown, what) {
    shown.forEach(({ pts, code }, i) => {
        const again = code === shown[i - 1]?.code;
        check(again || Math.abs(code - 1000 * pts) <= 1.1, `${what}: ${code} ms stands at ${pts} s`);
    });
}

for (const scene of ['still', 'reels']) {
    const lesson = tape.makeScene(scene);
    for (const [track, reels] of Object.entries(lesson.tracks)) {
        reels.forEach((reel) => checkReel(reel, `${scene}, ${track} ${reel.name}`));
    }
    const [track] = Object.keys(lesson.tracks);
    const truth = tape.truthOf(lesson, track);
    checkClock(truth, `${scene}, ${track}`);
    const movie = tape.exportMovie(lesson);
    const shown = tape.pictures(movie, 'v');
    check(shown.length === truth.length, `${scene}: ${truth.length} pictures, movie ${shown.length}`);
    checkClock(shown, `${scene}, movie`);
    checkSync(shown, tape.sound(movie, 'a'), `${scene}, movie`);
}
