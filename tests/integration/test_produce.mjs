// SPDX-License-Identifier: GPL-3.0-or-later
//
// What lectern cut makes anew beside copying: one picture out of several tracks, fades, loudness,
// judged by what ffmpeg decodes from first to last.

import { execFileSync, spawnSync } from 'node:child_process';
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

for (const [target, source] of [[-23, demo], [-14, demo], [-30, reels.folder]]) {
    const { out, sounds, sounds_encoded, loudness: said, pictures_encoded } = cut([source, '--keep', '0-6', '--loudness', `${target}`]);
    const { lufs, peak } = loudness(out);
    check(Math.abs(lufs - target) <= 0.5 && Math.abs(said - target) <= 0.5, `${target} LUFS wanted, ${said} said, ${lufs} measured`);
    check(peak <= -1, `a peak of ${peak} dBTP`);
    check(sounds === sounds_encoded && pictures_encoded === 0, 'all of the sound and no picture');
    console.log(`loudness: ${lufs} LUFS for ${target}, peaks ${peak} dBTP`);
}

/* ---- what is refused ---- */

{
    const refused = [
        [['--keep', '1-2', '--picture', 'sound'], /no picture 'sound'/, /没有画面轨道/],
        [['--keep', '1-2', '--picture', 'camera', '--keep', '3-4'], /Either every range/, /要么/],
        [['--keep', '1-2', '--fade-in', '0.6', '--fade-out', '0.6'], /longer than the range/, /缩短/],
        [['--keep', '1-2', '--fade-in', 'x'], /no length of a fade/, /时长/],
        [['--keep', '1-2', '--loudness', '3'], /no loudness/, /不是响度/],
    ];
    for (const [words, en, zh] of refused) {
        const { code, said } = run([demo, ...words], join(folder, 'refused.mp4'));
        const text = JSON.stringify(said);
        check(code === 1 && en.test(text) && zh.test(text), `${words}: ${code} ${text}`);
    }
    check(run([demo, '--picture', 'camera', '--keep', '1-2'], join(folder, 'refused.mp4')).code === 2, 'of which range?');
}
