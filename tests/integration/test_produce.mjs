// SPDX-License-Identifier: GPL-3.0-or-later
//
// What lectern cut makes anew beside copying: one picture out of several tracks, fades, loudness,
// two pictures in one, cards, a logo, captions; judged by what ffmpeg decodes from first to last.

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporary } from '../e2e/_browsers.mjs';
import * as tape from '../e2e/_tape.mjs';
import { TICK, checkPictures, cut, expected, folder, keeps, run, steepest } from './_cut.mjs';

const { check, lectern } = tape;

/** Ranges that each show a picture: what must be seen. [[truth, from, to]…] */
function sequence(parts) {
    let at = 0;
    return parts.flatMap(([truth, from, to]) => {
        const start = at;
        at += to - from;
        return expected(truth, [[from, to]]).map(({ pts, code }) => ({ pts: start + pts, code }));
    });
}

/** Mean luma of each picture of a file, 16 (black) to 235. */
function brightness(file) {
    const filter = 'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-';
    const args = ['-v', 'quiet', '-i', file, '-map', 'v', '-vf', filter, '-fps_mode', 'passthrough', '-f', 'null', '-'];
    const words = spawnSync('ffmpeg', args, { encoding: 'utf8', maxBuffer: 1 << 26 }).stdout;
    return [...words.matchAll(/YAVG=([\d.]+)/g)].map((one) => Number(one[1]));
}

/** {lufs, peak} of a file's sound by ffmpeg's own meter. */
function loudness(file) {
    const args = ['-nostats', '-i', file, '-map', 'a', '-af', 'ebur128=peak=true', '-f', 'null', '-'];
    const words = spawnSync('ffmpeg', args, { encoding: 'utf8' }).stderr.split('Summary:').at(-1);
    const [lufs, peak] = [/I:\s+(-?[\d.]+) LUFS/, /Peak:\s+(-?[\d.]+) dBFS/].map((one) => Number(one.exec(words)?.[1]));
    check(Number.isFinite(lufs) && Number.isFinite(peak), words);
    return { lufs, peak };
}

/* ---- one picture: camera here, screen there ---- */

const demo = join(temporary(), 'demo');
execFileSync(lectern, ['record', '--source', 'demo', '--out', demo, '--duration', '7'], { stdio: 'ignore' });
const lesson = tape.readLesson(demo);
const camera = tape.truthOf(lesson, 'camera');
const screen = tape.truthOf(lesson, 'screen');

{
    const parts = [['camera', 0.7, 2.3], ['screen', 2.3, 3.1], ['camera', 3.1, 5.9]];
    const words = parts.flatMap(([name, from, to]) => [...keeps([[from, to]]), '--picture', name]);
    const { out, notes } = cut([demo, ...words]);
    const wanted = sequence(parts.map(([name, from, to]) => [name === 'camera' ? camera : screen, from, to]));
    checkPictures(out, wanted, 'camera, screen, camera');
    check(/1920 x 1080 and are encoded anew as 1280 x 720/.test(notes[0].en) && /重新编码/.test(notes[0].zh), JSON.stringify(notes));
    const { times } = tape.sound(out, 'a');
    check(Math.abs(times.length * 1024 / 48000 - 5.2) <= 512 / 48000 + 1e-6, `${times.length} frames of sound`);
    const seen = tape.clapsSeen(tape.pictures(out, 'v')); // a busy machine may have missed one
    const heard = tape.clapsHeard(tape.sound(out, 'a'));
    const together = seen.every((time) => heard.some((at) => Math.abs(at - time) < 0.06));
    check(seen.length > 0 && together, `claps seen at ${seen}, heard at ${heard}`);
    // where only the picture changes the sound goes on: not one frame is made but for the begin
    const whole = cut([demo, '--keep', '0.7-5.9', '--picture', 'camera']);
    check(tape.streamMd5(out, 'a') === tape.streamMd5(whole.out, 'a'), 'the sound has no joins');
    check(whole.notes.length === 0 && whole.pictures_encoded < 60, `${whole.pictures_encoded} encoded`);
    console.log(`one picture of two tracks: ${wanted.length} pictures right, the sound without a join`);
}

/* ---- fades ---- */

const reels = tape.makeScene('reels');
const tone = tape.sound(tape.exportMovie(reels), 'a').samples;
{
    const ranges = [[1.51, 4.02], [5.2, 7.9]];
    const plain = cut([reels.folder, ...keeps(ranges)]);
    const { out, pictures_encoded, pictures } = cut([reels.folder, ...keeps([ranges[0]]), '--fade-in', '0.5',
        ...keeps([ranges[1]]), '--fade-out', '1']);
    const [faded, full] = [out, plain.out].map(brightness);
    const times = tape.packetTimes(out, 'v');
    check(faded.length === full.length && times.length === full.length, `${faded.length} pictures, not ${full.length}`);
    const length = ranges.reduce((sum, [from, to]) => sum + to - from, 0);
    times.forEach((pts, i) => {
        const level = Math.min(1, pts / 0.5, (length - pts) / 1);
        const wanted = 16 + level * (full[i] - 16);
        check(Math.abs(faded[i] - wanted) < 4, `picture ${i} at ${pts}: ${faded[i]}, not ${wanted}`);
    });
    const copied = pictures - pictures_encoded;
    check(copied > 20, `${pictures_encoded} of ${pictures} encoded`);
    const [soft, loud] = [out, plain.out].map((file) => tape.sound(file, 'a').samples);
    const size = (samples, at) => Math.max(...samples.subarray(at * 48000, at * 48000 + 480).map(Math.abs));
    for (const at of [0.1, 0.25, 0.4, length - 0.75, length - 0.5, length - 0.2]) {
        const level = Math.min(1, (at + 0.005) / 0.5, length - at - 0.005);
        const share = size(soft, at) / size(loud, at);
        check(Math.abs(share - level) < 0.05, `sound at ${at}: ${share}, not ${level}`);
    }
    check(steepest(soft, 0.6 * 48000, 0.7 * 48000) <= 1.02 * steepest(tone, 24000, 86400), 'no click where the fade ends');
    console.log(`fades: ${faded.length} pictures as bright as they must be, ${copied} copied`);
}
{ // a slide that stands has no pictures of its own to fade
    const still = tape.makeScene('still');
    const { out } = cut([still.folder, '--keep', '20-26', '--fade-in', '1', '--fade-out', '1']);
    const times = tape.packetTimes(out, 'v');
    const bright = brightness(out);
    const most = Math.max(...bright);
    check(bright[0] < 17 && bright.at(-1) < 24, `begins at ${bright[0]}, ends at ${bright.at(-1)}`);
    times.forEach((pts, i) => {
        const wanted = 16 + Math.min(1, pts, 6 - pts) * (most - 16);
        check(Math.abs(bright[i] - wanted) < 4, `a slide at ${pts}: ${bright[i]}, not ${wanted}`);
        const next = times[i + 1] ?? 6;
        const fading = pts < 1 - 2 * TICK || pts > 5 + 0.04;
        check(!fading || next - pts < 0.061, `it stands from ${pts} to ${next}`);
    });
    console.log(`a still slide fades in ${times.filter((pts) => pts < 1).length} steps`);
}

/* ---- loudness ---- */

for (const [target, source] of [[-14, demo], [-30, reels.folder]]) {
    const { out, sounds, sounds_encoded, loudness: said, pictures_encoded } = cut([source, '--keep', '0-6', '--loudness', `${target}`]);
    const { lufs, peak } = loudness(out);
    check(Math.abs(lufs - target) <= 0.5 && Math.abs(said - target) <= 0.5, `${target} LUFS wanted, ${said} said, ${lufs} measured`);
    check(peak <= -1, `a peak of ${peak} dBTP`);
    check(sounds === sounds_encoded && pictures_encoded === 0, 'all of the sound and no picture');
    console.log(`loudness: ${lufs} LUFS for ${target}, peaks ${peak} dBTP`);
}

/* ---- two pictures in one, cards, a logo, captions ---- */

/** A part of each picture of a file (a crop of ffmpeg's), without loss, as a file of its own. */
function partOf(file, crop) {
    const out = join(temporary(), 'part.mp4');
    const args = ['-v', 'error', '-i', file, '-map', 'v', '-vf', `crop=${crop}`, '-fps_mode', 'passthrough'];
    args.push('-enc_time_base', '1:90000', '-video_track_timescale', '90000');
    execFileSync('ffmpeg', [...args, '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', out]);
    return out;
}

const standing = (truth, time) => truth.findLast((one) => one.pts <= time + TICK);

/** Every picture of a part shows what stands at its time: [at, end) of the result is from… of truth. */
function checkStanding(file, crop, truth, from, [at, end], what) {
    const shown = tape.pictures(partOf(file, crop)).filter(({ pts }) => pts >= at - TICK && pts < end - TICK);
    check(shown.length > 0, `${what}: nothing is shown`);
    shown.forEach(({ pts, code }) => {
        const right = standing(truth, from + pts - at);
        check(code === right.code, `${what}: at ${pts} the picture of ${code} ms, not of ${right.code}`);
    });
    return shown.map(({ pts }) => pts);
}

{
    const range = keeps([[0.7, 3.3]]);
    const side = cut([demo, ...range, '--picture', 'side:screen,camera']);
    const times = checkStanding(side.out, 'iw/2:ih/2:0:ih/4', screen, 0.7, [0, 2.6], 'the left half');
    checkStanding(side.out, 'iw/2:ih/2:iw/2:ih/4', camera, 0.7, [0, 2.6], 'the right half');
    const steps = camera.filter(({ pts }) => pts > 0.75 && pts < 3.3 - TICK).map(({ pts }) => pts - 0.7);
    const missed = steps.filter((pts) => !times.some((time) => Math.abs(time - pts) < 0.05));
    check(missed.length === 0, `the camera moves at ${missed}, and nothing is shown then`);
    check(/composed/.test(side.notes.at(-1).en) && /约需/.test(side.notes.at(-1).zh), JSON.stringify(side.notes));
    const inset = cut([demo, ...range, '--picture', 'inset:screen,camera']);
    checkStanding(inset.out, 'iw/4:ih/4:iw*3/4-30:ih*3/4-30', camera, 0.7, [0, 2.6], 'the corner');
    const plain = cut([demo, ...range, '--picture', 'camera']);
    for (const { out } of [side, inset]) {
        check(tape.streamMd5(out, 'a') === tape.streamMd5(plain.out, 'a'), 'the sound is copied');
    }
    console.log(`two pictures in one: ${times.length} pictures, both of the right time, the sound untouched`);
}

const picture = join(folder, 'logo.png');
execFileSync('convert', ['-size', '300x200', 'xc:#ff4020', picture]);

{ // between two cards; the middle piece is copied, and all stand where they must
    const fields = ['--field', 'title=圆的面积：化曲为直 🌍', '--field', 'school=第一小学', '--field', 'teachers=王小明'];
    const words = ['--opening', 'opening:2', '--closing', 'closing:1.5', ...fields];
    const { out, pictures_encoded } = cut([demo, ...keeps([[0.7, 2.3]]), '--picture', 'camera',
        ...keeps([[2.3, 3.3]]), '--picture', 'inset:camera,screen', ...words]);
    const bright = brightness(out);
    const times = tape.packetTimes(out, 'v');
    const card = times.filter((pts) => pts < 2 - TICK).length;
    check(card === 10 && bright.slice(0, card).every((luma) => luma > 30 && luma < 90), `the card is ${bright.slice(0, card)}`);
    check(Math.abs(times.filter((pts) => pts < 4.6 + TICK).at(-1) - 4.6) < 3 * TICK, 'the closing card begins in time');
    const middle = expected(camera, [[0.7, 2.3]]);
    const shown = tape.pictures(out, 'v').slice(card, card + middle.length);
    shown.forEach(({ pts, code }, i) => check(code === middle[i].code && Math.abs(pts - 2 - middle[i].pts) < 3 * TICK,
        `behind the card at ${pts}: ${code}, not ${middle[i].code} at ${2 + middle[i].pts}`));
    const { samples } = tape.sound(out, 'a');
    const silent = (from, to) => Math.max(...samples.subarray(from * 48000, to * 48000).map(Math.abs)) < 1e-3;
    check(silent(0.05, 1.95) && silent(4.7, 6) && !silent(2.5, 4), 'cards are silent, and what is between is heard');
    check(pictures_encoded < 60, `${pictures_encoded} encoded by the cut`);
    console.log(`cards: ${card} pictures, and the lesson behind them in its place`);
}

{ // a logo and captions are there, where and while they must be
    const captions = join(folder, 'captions.srt');
    writeFileSync(captions, '1\n00:00:00,500 --> 00:00:01,200\n同学们好，我们今天学习圆的面积\n\n');
    const words = [demo, ...keeps([[0.7, 2.5]]), '--picture', 'screen'];
    const plain = cut(words);
    const drawn = cut([...words, '--logo', picture, '--captions', captions]);
    const corner = brightness(partOf(drawn.out, 'iw/10:ih/12:iw*0.88:ih*0.04'));
    const bare = brightness(partOf(plain.out, 'iw/10:ih/12:iw*0.88:ih*0.04'));
    check(corner.every((luma) => Math.abs(luma - bare[0]) > 20), `the corner is ${corner}, without a logo ${bare}`);
    const low = brightness(partOf(drawn.out, 'iw*0.8:ih/12:iw*0.1:ih*0.88'));
    const times = tape.packetTimes(drawn.out, 'v');
    const said = low.filter((luma, i) => times[i] >= 0.5 - TICK && times[i] < 1.2 - TICK);
    const unsaid = low.filter((luma, i) => times[i] < 0.5 - TICK || times[i] >= 1.2 - TICK);
    check(said.length > 0 && unsaid.length > 1, `captions at ${times}`);
    check(said.every((luma) => unsaid.every((other) => Math.abs(luma - other) > 1)), `with words ${said}, without ${unsaid}`);
    check(times.some((pts) => Math.abs(pts - 0.5) < 3 * TICK) && times.some((pts) => Math.abs(pts - 1.2) < 3 * TICK),
        `words come and go at ${times}`);
    console.log('a logo and captions: where and while they must be');
}

/* ---- what is refused ---- */

{
    const refused = [
        [['--keep', '1-2', '--picture', 'sound'], /no picture 'sound'/, /没有画面轨道/],
        [['--keep', '1-2', '--fade-in', '0.6', '--fade-out', '0.6'], /longer than the range/, /缩短/],
        [['--keep', '1-2', '--fade-in', 'x'], /no length of a fade/, /时长/],
        [['--keep', '1-2', '--loudness', '3'], /no loudness/, /不是响度/],
        [['--keep', '1-2', '--picture', 'side:camera'], /is no picture/, /不是画面/],
        [['--keep', '1-2', '--picture', 'side:camera,none'], /no picture 'none'/, /没有画面轨道/],
        [['--keep', '1-2', '--opening', 'x:y'], /is no card/, /不是片头片尾/],
        [['--keep', '1-2', '--opening', 'none'], /none/, /none/],
        [['--keep', '1-2', '--opening', 'opening:100'], /0.1 to 60/, /0.1 到 60/],
        [['--keep', '1-2', '--opening', picture], /./, /./],
        [['--keep', '1-2', '--logo', join(demo, 'lesson.json')], /no PNG/, /不是/],
        [['--keep', '1-2', '--captions', picture], /./, /./],
        [['--keep', '1-2', '--field', 'x'], /no field/, /不是字段/],
    ];
    for (const [words, en, zh] of refused) {
        const { code, said } = run([demo, ...words], join(folder, 'refused.mp4'));
        const text = JSON.stringify(said);
        check(code === 1 && en.test(text) && zh.test(text), `${words}: ${code} ${text}`);
    }
    check(run([demo, '--picture', 'camera', '--keep', '1-2'], join(folder, 'refused.mp4')).code === 2, 'of which range?');
    const left = readdirSync(folder).filter((name) => /refused|made-/.test(name));
    check(left.length === 0, `left behind: ${left}`);
}
