// SPDX-License-Identifier: GPL-3.0-or-later
//
// Lessons to play, and the truth about them: what ffmpeg decodes from first to last.
//
//   const lesson = makeScene('reels');                 // tests/tools/tapemaker.c
//   const lesson = await recordDemo({ killed: 5, length: 12 });  // by the real recorder
//   const truth = pictures(reelFile);                  // [{pts, code, flash}]

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { source, temporary } from './_browsers.mjs';
import { UNITS, decodeClock } from './player/clock.mjs';
import { codecOf, parseIndex } from './player/tape.mjs';

const build = join(source, 'build');
export const lectern = join(process.env.LCT_BIN ?? join(build, 'bin'), 'lectern');
const tool = (name) => join(process.env.LCT_TOOLS ?? join(build, 'tests'), name);

const AAC_FRAME = 1024;
const RATE = 48000;

export function check(holds, what) {
    if (!holds) {
        throw new Error(what);
    }
}

/* ---- lessons ---- */

/** A lesson's folder as {folder, zeroMs, tracks: {name: [reel…]}}; read it again when it grew. */
export function readLesson(folder) {
    const about = JSON.parse(readFileSync(join(folder, 'lesson.json'), 'utf8'));
    const lesson = { folder, about, zeroMs: about.zero.monotonic_ns / 1e6, tracks: {} };
    for (const { name } of about.tracks) {
        const files = readdirSync(join(folder, name)).filter((f) => /^\d+\.index$/.test(f));
        lesson.tracks[name] = files.sort().map((file) => readReel(join(folder, name), file));
    }
    return lesson;
}

function readReel(folder, indexFile) {
    const number = indexFile.replace('.index', '');
    const path = (what) => join(folder, number + what);
    const index = parseIndex(readFileSync(path('.index')));
    const mime = codecOf(readFileSync(path('.init.mp4')));
    return { ...index, name: number, mime, file: path('.mp4'), path };
}

/** What player.mjs wants to be told about tracks served under url. */
export const tracksFor = (lesson, url, names = Object.keys(lesson.tracks)) =>
    names.map((name) => ({ url: `${url}${name}/`, reels: lesson.tracks[name].map((r) => r.name) }));

export function makeScene(name) {
    const folder = join(temporary(), name);
    execFileSync(tool('tapemaker'), [name, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
    return readLesson(folder);
}

/** lectern record in a process of its own; ended resolves with its exit status and words. */
function record(folder, seconds) {
    const args = ['record', '--source', 'demo', '--out', folder, '--duration', String(seconds)];
    const child = spawn(lectern, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let words = '';
    child.stderr.on('data', (text) => (words += text));
    const ended = new Promise((done) => child.on('close', (code) => done({ code, words })));
    return { child, ended };
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * The demo classroom, recorded by the real recorder until it is killed, left alone for hole seconds,
 * and recorded on by the same command until the lesson has its whole length.
 */
export async function recordDemo({ killed, hole = 1, length }) {
    const folder = join(temporary(), 'demo');
    const first = record(folder, length);
    await sleep(1000 * killed);
    process.kill(first.child.pid, 'SIGKILL');
    await first.ended;
    await sleep(1000 * hole);
    const { code, words } = await record(folder, length).ended;
    check(code === 0, `lectern record went on with ${code}: ${words}`);
    return readLesson(folder);
}

export function exportMovie(lesson, ...tracks) {
    const file = join(temporary(), 'movie.mp4');
    const chosen = tracks.flatMap((track) => ['--track', track]);
    execFileSync(lectern, ['export', lesson.folder, '-o', file, ...chosen], { stdio: 'ignore' });
    return file;
}

/* ---- what ffmpeg says ---- */

/** Runs ffmpeg or ffprobe; returns its output. One word of complaint and the test has failed. */
function run(program, args) {
    const options = { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'pipe'] };
    const done = spawnSync(program, ['-hide_banner', '-v', 'warning', ...args], options);
    // small pictures, few a second: it takes their raw rate for a mistake
    const words = done.stderr?.toString().replace(/^The bitrate parameter is set too low.*$/m, '').trim();
    check(done.status === 0 && !words, `${program} ${args.join(' ')}: ${done.status} ${words}`);
    return done.stdout;
}

/** MD5 of the coded stream, times aside. */
export const streamMd5 = (file, stream = '0') =>
    run('ffmpeg', ['-i', file, '-map', stream, '-c', 'copy', '-f', 'md5', '-']).toString().trim();

/** Times of a stream's packets in seconds. */
export function packetTimes(file, stream = '0') {
    const args = ['-select_streams', stream, '-show_entries', 'packet=pts_time', '-of', 'csv=p=0'];
    const lines = run('ffprobe', [...args, file]).toString().trim().split('\n');
    return lines.map(parseFloat);
}

/**
 * All pictures of a file, decoded from first to last: [{pts (seconds), code, flash}]. As many
 * pictures as packets, or it throws.
 */
export function pictures(file, stream = '0') {
    // two rows of one pixel a unit: the clock's, and the square that flashes
    const clock = `crop=iw:2:0:ih-1.5*iw/${UNITS},scale=${UNITS}:1:flags=area`;
    const square = `crop=iw/10:ih/10:iw*0.7:ih*0.5,scale=${UNITS}:1:flags=area`;
    const filter = `[0:${stream}]split[a][b];[a]${clock}[c];[b]${square}[d];[c][d]vstack,format=gray`;
    const args = ['-i', file, '-filter_complex', filter, '-fps_mode', 'passthrough'];
    args.push('-enc_time_base', '1:90000'); // the usual one, of the mean rate, is too coarse
    const rows = run('ffmpeg', [...args, '-f', 'rawvideo', '-']);
    const times = packetTimes(file, stream);
    const count = rows.length / (2 * UNITS);
    check(count === times.length, `${file}: ${times.length} packets, ${count} pictures`);
    return times.map((pts, i) => {
        const row = rows.subarray(2 * UNITS * i, 2 * UNITS * (i + 1));
        return { pts, code: decodeClock(row), flash: row[UNITS + UNITS / 2] > 150 };
    });
}

/**
 * The sound of a file: {at(sample): its time by the packets' own, samples: Float32Array}, 1024
 * samples a packet, or it throws.
 */
export function sound(file, stream = '0') {
    const args = ['-i', file, '-map', `0:${stream}`, '-ac', '1', '-f', 'f32le', '-'];
    const bytes = run('ffmpeg', args);
    const samples = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    const times = packetTimes(file, stream);
    const whole = times.length * AAC_FRAME;
    check(samples.length === whole, `${file}: ${times.length} packets, ${samples.length} samples`);
    const at = (i) => times[Math.floor(i / AAC_FRAME)] + (i % AAC_FRAME) / RATE;
    return { samples, times, at };
}

/** Times at which claps are heard: the first loud sample after 200 ms without one. */
export function clapsHeard({ samples, at }) {
    const found = [];
    let last = -RATE;
    samples.forEach((value, i) => {
        if (Math.abs(value) > 0.35) {
            if (i - last > 0.2 * RATE) {
                found.push(at(i));
            }
            last = i;
        }
    });
    return found;
}

/** Times at which claps are seen: the first white picture. */
export const clapsSeen = (shown) =>
    shown.filter((one, i) => one.flash && !shown[i - 1]?.flash).map((one) => one.pts);

/** For each time seen the distance in seconds of the nearest time heard; both must be as many. */
export function distances(seen, heard) {
    check(seen.length === heard.length, `claps seen at ${seen}, heard at ${heard}`);
    return seen.map((time, i) => heard[i] - time);
}

/* ---- what must be seen ---- */

/** All pictures of a track on lesson time: [{pts, promised, code, flash}]. */
export function truthOf(lesson, track) {
    return lesson.tracks[track].flatMap((reel) =>
        pictures(reel.file).map((picture, i) => {
            const { time, promised } = reel.rows[i];
            return { ...picture, pts: time, promised };
        }),
    );
}

/** Index of the picture that stands at time. */
const standing = (truth, time) =>
    Math.max(0, truth.findLastIndex((one) => one.pts <= time + 0.0006));

/** What a player that stands at time shows is the picture of that time, or one beside it. */
export function checkPicture(truth, time, code, what) {
    const i = standing(truth, time);
    const near = [truth[i - 1], truth[i], truth[i + 1]].filter(Boolean);
    check(near.some((one) => one.code === code), `${what}: at ${time} s the picture of ${code} ms, not of ${truth[i].code}`);
}

const covers = (one, time) => one.pts <= time + 0.0006 && one.promised > time - 0.0006;

/**
 * What was shown while playing ([{media, code}]) is what stands at its media time. The canvas is read
 * a little after the browser told of a picture: it may be one picture off, and on a busy machine a
 * tenth of them by most seconds; Firefox may tell of a picture before the canvas has one that follows
 * the picture told of before, however long that was ago; and a player that has just sought shows what
 * covers the time it sought. On a busy machine Firefox's decoder may write the next picture while the
 * canvas takes this one: a few have clocks that are no picture's.
 * Returns which share of the pictures between was shown.
 */
export function checkShown(truth, shown, what, most = 0.5) {
    const found = new Set();
    const known = new Set(truth.map((one) => one.code));
    const torn = shown.filter(({ code }) => !known.has(code));
    check(torn.length <= Math.max(1, shown.length / 50), `${what}: ${torn.length} of ${shown.length} pictures are none of the tape's: ${JSON.stringify(torn[0])}`);
    let off = 0;
    for (const [k, { media, code }] of shown.entries()) {
        if (!known.has(code)) {
            continue;
        }
        const i = standing(truth, media);
        const before = k > 0 ? standing(truth, shown[k - 1].media) : i;
        const near = [truth[i - 1], truth[i], truth[i + 1]].filter(Boolean);
        const right = [...near, ...truth.filter((one) => covers(one, media))];
        const around = truth.filter((one, j) => Math.abs(one.pts - media) < most || (j >= before - 1 && j <= i));
        const says = (pictures) => pictures.some((one) => one.code === code);
        check(
            says([...right, ...around]),
            `${what}: at ${media} the picture of ${code} ms, not of ${truth[i].code}`,
        );
        off += says(right) ? 0 : 1;
        found.add(i);
    }
    check(found.size > 0, `${what}: nothing was shown`);
    check(off <= Math.max(1, shown.length / 10), `${what}: ${off} of ${shown.length} pictures at a wrong time`);
    return found.size / (Math.max(...found) - Math.min(...found) + 1);
}

/**
 * What was found by seeking ([{target, paused, playing}]). exact: the file knows true durations.
 * Otherwise a paused player may show any picture whose promise covers the target.
 */
export function checkVisits(truth, visits, exact, what) {
    for (const { target, paused, playing } of visits) {
        const i = standing(truth, target);
        const right = exact ? [truth[i]] : truth.filter((one) => covers(one, target));
        check(
            right.some((one) => one.code === paused.code),
            `${what}: sought ${target}, found the picture of ${paused.code} ms, not of ${truth[i].code}`,
        );
        checkShown(truth, [playing], `${what}, played on from ${target}`, 0.25);
        check(playing.media > target - 1.1, `${what}: from ${target} it plays ${playing.media}`);
    }
}

/** Pictures are shown at the player's own time: four of five less than limit seconds late. */
export function checkLate(shown, limit, what) {
    const all = shown.map((one) => one.late).sort((a, b) => a - b);
    const late = all[Math.floor(0.8 * all.length)];
    check(late < limit, `${what}: pictures are shown ${late} s after their time`);
}

/**
 * By how many ms each clap was heard after it was seen on the screen, sorted. claps: their times on
 * the tape; a clap is seen when its picture is shown, or would have been, by the picture next to it.
 */
export function skews({ seen, heard }, claps, rate) {
    const nearest = (all, distance) => all.toSorted((a, b) => distance(a) - distance(b))[0];
    const found = heard.map(({ at, media }) => {
        const clap = nearest(claps, (time) => Math.abs(time - media));
        const shown = nearest(seen, (one) => Math.abs(one.media - clap));
        return at - (shown.at + (1000 * (clap - shown.media)) / rate);
    });
    return found.sort((a, b) => a - b);
}

export const median = (sorted) => sorted[Math.floor(sorted.length / 2)];
