// SPDX-License-Identifier: GPL-3.0-or-later
//
// lectern cut, judged by what ffmpeg decodes from first to last: every picture of the result is the
// one that its place in the ranges says, every clap is heard when it is seen, no join clicks, and
// whatever cannot be done is refused in words and leaves nothing behind.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { temporary } from '../e2e/_browsers.mjs';
import * as tape from '../e2e/_tape.mjs';
import { TICK, checkPictures, cut, expected, folder, keeps, run, steepest, typed } from './_cut.mjs';

const { check, lectern } = tape;
const HALF_FRAME_MS = 1000 * 512 / 48000;

/* ---- a camera in three reels, the third of another size by another encoder ---- */

const reels = tape.makeScene('reels');
const truth = tape.truthOf(reels, 'camera');
const whole = tape.sound(tape.exportMovie(reels), 'a');

function checkCamera(ranges, what) {
    const result = cut([reels.folder, ...keeps(ranges)]);
    const wanted = expected(truth, ranges);
    checkPictures(result.out, wanted, what);
    const length = ranges.reduce((sum, [from, to]) => sum + to - from, 0);
    const { times } = tape.sound(result.out, 'a');
    const heard = (1024 * times.length) / 48000;
    check(Math.abs(heard - length) <= HALF_FRAME_MS / 1000 + 1e-6, `${what}: ${heard} s of sound for ${length}`);
    check(Math.abs(result.length_ns / 1e9 - length) < 1e-4, `${what}: ${result.length_ns}`);
    console.log(`${what}: ${wanted.length} pictures right, ${result.pictures_encoded} encoded anew, ` +
        `${result.sounds_encoded} of ${result.sounds} frames of sound`);
    return result;
}

const frame = (i) => truth[i].pts;
const afterwards = (i) => truth[i + 1].pts;
checkCamera([[0, 24]], 'all of it');
checkCamera([[1.5, 3.2], [5, 9.7], [11.1, 14]], 'three ranges, one over two reels');
checkCamera([[3.1, 3.6], [1, 2.5], [2.2, 3.3]], 'in another order, overlapping');
const [one, seven] = [37, 100];
checkCamera([[frame(one), afterwards(one)]], 'one picture');
const short = [[frame(one), afterwards(one)], [frame(seven), afterwards(seven + 6)], [4.5, 5.5]];
checkCamera(short, 'one picture, seven, a second');
const sized = checkCamera([[13, 15.2], [15.5, 16.7]], 'two sizes');
check(/960 x 540/.test(sized.notes[0].en) && /960 × 540/.test(sized.notes[0].zh), 'another size was not said');
const passed = checkCamera([[17.3, 19.15], [20.03, 21]], 'a camera with an encoder of its own');
check(passed.notes.length === 0, 'nothing to say of one size');
const avcc = readFileSync(passed.out);
check((avcc[avcc.indexOf('avcC') + 9] & 31) === 2, 'both encoders have their sets in the avcC');
const own = readFileSync(checkCamera([[1.5, 3.2]], 'our own encoder').out);
check((own[own.indexOf('avcC') + 9] & 31) === 1, 'the same headers, no sets added');
check(own.indexOf('moov') < own.indexOf('mdat'), 'moov stands first');
check(!own.includes('elst'), 'no edit list');

const thousand = Array.from({ length: 1000 }, (_, i) => {
    const k = 60 * (i % 7) + 1 + (i % 4); // near key frames: less to decode
    return [frame(k), afterwards(k)];
});
checkCamera(thousand, 'a thousand ranges of a picture');

/* ---- sound ---- */

{
    const ranges = [[1.503, 3.211], [5.017, 7.402], [7.777, 12.345]];
    const { out } = checkCamera(ranges, 'joins of a tone');
    const sound = tape.sound(out, 'a');
    const quiet = (samples, at) => [at - 2048, at + 2048].every((i) => i < 0 || i >= samples.length || Math.abs(samples[i]) < 0.3);
    // the tone alone, as far from claps as a frame's overlap reaches
    const tone = steepest(whole.samples, 48000 * 0.5, 48000 * 1.8);
    let at = 0;
    for (const [from, to] of ranges.slice(0, -1)) {
        at += to - from;
        const middle = Math.round(at * 48000);
        check(quiet(sound.samples, middle), 'a clap lies too near the join for this test');
        const step = steepest(sound.samples, middle - 3072, middle + 3072);
        check(step <= 1.02 * tone, `the join at ${at} s: a step of ${step}, the tone's own is ${tone}`);
    }
    const seen = tape.clapsSeen(tape.pictures(out, 'v'));
    const far = tape.distances(seen, tape.clapsHeard(sound)).map((s) => Math.abs(1000 * s));
    check(Math.max(...far) <= HALF_FRAME_MS + 0.1, `claps are heard ${far} ms from when they are seen`);
    console.log(`sound: steps at joins within the tone's own ${tone.toFixed(5)}, ${far.length} claps within ${Math.max(...far).toFixed(1)} ms`);
}

/* ---- a screen that stands still ---- */

const still = tape.makeScene('still');
{
    const slides = tape.truthOf(still, 'screen');
    const ranges = [[20.25, 20.75], [9.55, 11.35], [69.9, 71.5]];
    const { out } = cut([still.folder, ...keeps(ranges)]);
    checkPictures(out, expected(slides, ranges), 'a still screen');
    console.log('a still screen: the picture that stands where a range begins is shown');
}

/* ---- two lessons; a track that one of them lacks ---- */

{
    const { out } = cut([still.folder, '--keep', '3-4.5', reels.folder, '--keep', '2.2-3.7'], '/');
    const joined = tape.readLesson(out);
    const code = (track) => tape.truthOf(joined, track).map((one) => one.code);
    const wanted = expected(truth, [[2.2, 3.7]]).map((one) => one.code);
    check(code('camera').slice(-wanted.length).join() === wanted.join(), 'the camera of the second lesson');
    check(code('camera').length === wanted.length + 1, 'a slate for the first');
    const { status, stdout } = spawnSync(lectern, ['verify', out], { encoding: 'utf8' });
    check(status === 0, `verify of a cut lesson: ${stdout}`);
    const again = cut([out, '--keep', '2-3']);
    const from = 2.2 + (2 - 1.5);
    checkPictures(cut([out, '--keep', '2-3', '--track', 'camera']).out, expected(truth, [[from, from + 1]]), 'a cut of a cut');
    check(again.pictures_encoded > 0, 'its head was encoded');
    console.log('two lessons into a new one, which is whole and can be cut again');
}

/* ---- a hole, damage, a lesson that is being recorded ---- */

/** A copy of a lesson to be spoilt. */
function copyOf(lesson) {
    const copy = join(temporary(), 'lesson');
    cpSync(lesson.folder, copy, { recursive: true });
    return copy;
}

{
    const torn = copyOf(reels);
    for (const track of ['camera', 'sound']) {
        readdirSync(join(torn, track)).filter((name) => name.startsWith('0002')).forEach((name) => rmSync(join(torn, track, name)));
    }
    const { out, notes } = cut([torn, '--keep', '7-17.5', '--track', 'camera', '--track', 'sound']);
    const left = truth.filter((one) => one.pts < 8 - TICK || one.pts >= 16 - TICK);
    checkPictures(out, expected(left, [[7, 17.5]]), 'over a hole');
    const { samples } = tape.sound(out, 'a');
    check(steepest(samples, 1.1 * 48000, 8.9 * 48000) === 0, 'a hole is silence');
    check(notes.length === 1 && /640|960/.test(notes[0].en), 'only the sizes are said');
    console.log('over a hole: the picture stands, and it is silent');
}
{
    const spoilt = copyOf(reels);
    for (const track of ['camera', 'sound']) {
        const row = reels.tracks[track][0].rows.find((one) => one.time > 3.3);
        const file = openSync(join(spoilt, track, '0001.mp4'), 'r+');
        writeSync(file, Buffer.from('damage'), 0, 6, row.offset + 150);
    }
    const { out, notes } = cut([spoilt, '--keep', '2.5-6']);
    for (const track of ['camera', 'sound']) {
        check(notes.some(({ en, zh }) => en.startsWith(`${track} of`) && /damaged from 0:03\.3/.test(en) && /损坏/.test(zh)), JSON.stringify(notes));
    }
    const key = truth.findIndex((_, i) => i > 100 && reels.tracks.camera[0].rows[i].key);
    const left = truth.filter((_, i) => i < 100 || i >= key);
    checkPictures(out, expected(left, [[2.5, 6]]), 'over damage');
    const { samples } = tape.sound(out, 'a');
    const [edges, tone] = [steepest(samples, 0.7 * 48000, 0.95 * 48000), steepest(whole.samples, 24000, 48000)];
    check(edges <= 1.02 * tone, `damaged sound: a step of ${edges}, the tone's own is ${tone}`);
    check(steepest(samples, 0.835 * 48000, 0.84 * 48000) < tone / 20, 'it is silent');
    console.log('over damage: the last whole picture stands up to the next key frame, and it is said');
}
{
    const live = join(temporary(), 'live');
    const args = ['record', '--source', 'demo', '--out', live, '--duration', '60'];
    const recorder = spawn(lectern, args, { stdio: 'ignore' });
    const ended = new Promise((done) => recorder.on('close', done));
    let result = { code: 1 };
    for (let i = 0; i < 60 && result.code !== 0; i++) {
        await new Promise((done) => setTimeout(done, 250));
        result = existsSync(join(live, 'lesson.json')) ? run([live, '--keep', '1.2-2.7'], join(folder, 'live.mp4')) : result;
    }
    check(result.code === 0, `a lesson that is being recorded: ${result.words} ${JSON.stringify(result.said)}`);
    const beyond = run([live, '--keep', '1-50'], join(folder, 'beyond.mp4'));
    recorder.kill('SIGTERM');
    await ended;
    check(beyond.code === 1 && /recorded of .* so far/.test(beyond.said.error?.en ?? JSON.stringify(beyond.said)), JSON.stringify(beyond));
    const lesson = tape.readLesson(live);
    const cameras = tape.truthOf(lesson, 'camera');
    const file = cut([live, '--keep', '1.2-2.7', '--track', 'camera']).out;
    checkPictures(file, expected(cameras, [[1.2, 2.7]]), 'a lesson that is being recorded');
    check(tape.streamMd5(file, 'v') === tape.streamMd5(join(folder, 'live.mp4'), 'v:0'), 'and the same when it has ended');
    console.log('a lesson that is being recorded: up to what is there, and no further');
}

/* ---- a microlesson ---- */

{
    const clip = join(folder, 'data', 'clips', 'clip-x');
    mkdirSync(clip, { recursive: true });
    mkdirSync(join(folder, 'data', 'lessons'));
    symlinkSync(reels.folder, join(folder, 'data', 'lessons', 'L'));
    const pieces = short.map(([from, to]) => ({ lesson: 'L', from_ns: Number(`${typed(from)}`.replace('.', '')),
        to_ns: Number(`${typed(to)}`.replace('.', '')) }));
    writeFileSync(join(clip, '0001.json'), JSON.stringify({ version: 1, pieces: [{ lesson: 'gone', from_ns: 0, to_ns: 1 }] }));
    check(run([clip], join(folder, 'gone.mp4')).code === 1, 'a lesson that is not there');
    writeFileSync(join(clip, '0002.json'), JSON.stringify({ version: 1, pieces }));
    const md5 = (words) => tape.streamMd5(cut(words).out);
    check(md5([clip]) === md5([reels.folder, ...keeps(short)]), 'a microlesson is the cut of its pieces');
    console.log('a microlesson: its newest version, as its pieces');
}

/* ---- what is refused ---- */

{
    const refused = [
        [['--keep', '5-3'], /is empty/, /为空/],
        [['--keep', '3-3'], /is empty/, /为空/],
        [['--keep', '3-25'], /lies outside/, /超出/],
        [['--keep', '30-40'], /lies outside/, /超出/],
        [['--keep', '30-'], /lies outside/, /超出/],
        [['--keep', 'x-3'], /is no range/, /不是区间/],
        [['--keep', '1:60-3:00'], /is no range/, /不是区间/],
        [['--keep', '-5-3'], /is no range/, /不是区间/],
        [['--keep', '1-2', '--track', 'none'], /has a track/, /没有轨道/],
        [[], /is no microlesson/, /不是微课/],
    ];
    const out = join(folder, 'refused.mp4');
    for (const [words, en, zh] of refused) {
        const { code, said } = run([reels.folder, ...words], out);
        const text = JSON.stringify(said);
        check(code === 1 && en.test(text) && zh.test(text), `${words}: ${code} ${text}`);
    }
    for (const words of [[], ['--keep', '1-2'], [reels.folder, still.folder, '--keep', '1-2']]) {
        check(run(words, out).code === 2, `${words}: wrong use`);
    }
    const none = run([join(folder, 'nothing'), '--keep', '1-2'], out);
    check(none.code === 1, 'no such lesson');
    check(!existsSync(out) && !existsSync(`${out}.part`), 'something was left behind');
    const full = join(folder, 'full');
    mkdirSync(full);
    cpSync(join(reels.folder, 'lesson.json'), join(full, 'a'));
    const taken = run([reels.folder, '--keep', '1-2'], `${full}/`);
    check(taken.code === 1 && /not an empty folder/.test(JSON.stringify(taken.said)), JSON.stringify(taken));
    for (const to of [out, join(folder, 'lesson/')]) { // a file may have 16 blocks, then it is full
        const args = ['cut', reels.folder, '--keep', '0-16', '-o', to];
        const limit = 'trap "" XFSZ; ulimit -f 16; exec "$0" "$@"';
        const { status, stderr } = spawnSync('sh', ['-c', limit, lectern, ...args], { encoding: 'utf8' });
        check(status === 1 && /Cannot write/.test(stderr) && !existsSync(to), `no room: ${status} ${stderr}`);
    }
    const left = readdirSync(folder).filter((name) => /part$|^\./.test(name));
    check(left.length === 0, `left behind: ${left}`);
    console.log(`${refused.length + 7} wrong uses are refused and leave nothing behind`);
}
