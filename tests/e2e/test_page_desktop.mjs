// SPDX-License-Identifier: GPL-3.0-or-later
//
// The page on a teacher's own desktop: an X11 screen on which something moves and a microphone of
// PulseAudio. Recorded by the button, played, seeked and heard, in both browsers.

import { execFileSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { forEachBrowser, source, temporary, withBrowser, shot } from './_browsers.mjs';
import * as p from './_page.mjs';

const LESSON_SECONDS = 6;
const tools = process.env.LCT_TOOLS ?? join(source, 'build/tests');

/** A screen of 1280x720 with the time drawn into its corner 25 times a second (stampscreen). */
async function startScreen() {
    const told = join(temporary(), 'display');
    const number = openSync(told, 'w');
    const server = p.start('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x720x24', '-nolisten', 'tcp'],
        { stdio: ['ignore', 'pipe', 'pipe', number] });
    const display = await p.until(() => readFileSync(told, 'utf8').trim(), 'Xvfb');
    const painter = p.start(join(tools, 'stampscreen'), ['25'], { env: { DISPLAY: `:${display}` } });
    await p.until(() => painter.out.includes('ready'), 'stampscreen');
    return { display: `:${display}`, server, close: async () => {
        await painter.close();
        await server.close();
    } };
}

/** A PulseAudio of our own whose "room.monitor" hears a tone that swells three times in two seconds. */
async function startSound() {
    const folder = temporary();
    const env = { XDG_RUNTIME_DIR: folder, PULSE_RUNTIME_PATH: join(folder, 'pulse'),
        PULSE_STATE_PATH: join(folder, 'state'), PULSE_COOKIE: join(folder, 'cookie'),
        PULSE_SERVER: `unix:${folder}/native` };
    mkdirSync(env.PULSE_RUNTIME_PATH, { mode: 0o700 });
    const server = p.start('pulseaudio', ['-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no',
        '-L', `module-native-protocol-unix auth-anonymous=1 socket=${folder}/native`,
        '-L', 'module-null-sink sink_name=room rate=48000'], { env });
    const tone = join(folder, 'tone.wav');
    execFileSync('sox', ['-n', '-r', '48000', '-c', '2', tone, 'synth', '240', 'sine', '440', 'tremolo', '1.5', '90', 'gain', '-6']);
    const answers = () => {
        try {
            return execFileSync('pactl', ['info'], { env: { ...process.env, ...env }, stdio: 'pipe' });
        } catch {
            return false;
        }
    };
    await p.until(answers, 'PulseAudio');
    const player = p.start('paplay', ['--device=room', tone], { env });
    return { env, close: async () => {
        await player.close();
        await server.close();
    } };
}

/** The page is told how loud it is five times a second, before anything is recorded, and shows it. */
async function levelsMove(page) {
    await page.evaluate(() => {
        const level = document.querySelector('.meter-level');
        const heard = { told: [], shares: [], stream: new EventSource('/api/v1/events') };
        const watcher = new MutationObserver(() => heard.shares.push(1 - Number(/([\d.]+)%/.exec(level.style.clipPath)[1]) / 100));
        watcher.observe(level, { attributes: true });
        heard.stream.addEventListener('rooms', () => heard.told.push(performance.now()));
        window.heard = heard;
    });
    const { told } = await p.until(() => page.evaluate(() => {
        const { told, shares } = window.heard;
        return told.length > 15 && shares.length > 15 && Math.max(...shares) - Math.min(...shares) > 0.1 && { told };
    }), 'the level to move');
    await page.evaluate(() => window.heard.stream.close());
    const pauses = told.slice(1).map((at, i) => at - told[i]).sort((a, b) => a - b);
    const usual = pauses[Math.floor(pauses.length / 2)];
    p.check(usual < 300, `told every ${usual} ms`);
}

/** The picture at several times is the one of its time, as far as a busy machine draws and takes one. */
async function rightPictures(page, up, id) {
    for (const at of [1.5, LESSON_SECONDS / 2, LESSON_SECONDS - 1]) {
        await p.seekTo(page, at);
        const clock = await p.stampClock(page);
        const late = up.zeroMs(id) + 1000 * (await p.lessonTime(page)) - clock;
        p.check(clock > 0 && late > -40 && late < 400, `the picture of ${at} s is ${late} ms old`);
    }
}

/** How loud the recording's sound is, in dB. */
function loudness(file) {
    const words = execFileSync('sh', ['-c', 'exec ffmpeg -hide_banner -i "$0" -map 0:a -af volumedetect -f null - 2>&1', file],
        { encoding: 'utf8' });
    return Number(/max_volume: (-?[\d.]+) dB/.exec(words)[1]);
}

const screen = await startScreen();
const sound = await startSound();
const startRoom = () => p.startUp([`screen:x11:${screen.display}`, 'mic:pulse:room.monitor'], { env: sound.env });
const words = { chromium: ['zh', '电脑屏幕'], firefox: ['en', 'Desktop'] };
await forEachBrowser(async (page, name) => {
    const [lang, title] = words[name];
    const up = await startRoom();
    await p.enter(page, up, lang);
    await p.until(async () => (await p.count(page, '.health-running')) === 2, 'both sources');
    p.check(!(await p.has(page, '.demo')), 'a real room is not called a demo');
    await levelsMove(page);
    await p.record(page, title);
    await p.sleep(1000 * (LESSON_SECONDS + 1));
    await shot(page, `page-desktop-${lang}`);
    await p.stop(page);
    const [id] = up.lessons().sort().slice(-1);
    await p.reads(page, '.recording:first-child .recording-name', new RegExp(title));
    await p.openPlayer(page);
    await page.click('.act-play');
    await p.until(async () => (await p.lessonTime(page)) > 1, 'it to play');
    await page.click('.act-play');
    await rightPictures(page, up, id);
    const file = await up.download(`/recordings/${id}/media.mp4`);
    const { streams, duration } = p.probe(file);
    p.check(streams.map((one) => one.codec_type).sort().join() === 'audio,video', JSON.stringify(streams));
    p.check(duration > LESSON_SECONDS && loudness(file) > -20, `${duration} s, ${loudness(file)} dB`);
    console.log(`${name} (${lang}): desktop recorded, right pictures, sound at ${loudness(file)} dB`);
    await up.close();
});
const up = await startRoom();
await withBrowser('chromium', async (page) => {
    await p.enter(page, up, 'zh');
    await p.record(page, '');
    process.kill(screen.server.pid, 'SIGKILL');
    await p.reads(page, '.alarms', /屏幕已断开：.+/);
    await page.waitForSelector('.health-lost');
    await p.reads(page, '.pill', /正在录制/);
    await shot(page, 'page-alarm-zh');
    await p.speak(page, 'en');
    await p.reads(page, '.alarms', /Screen: lost\. .+/);
    await shot(page, 'page-alarm-en');
    await p.stop(page);
    console.log('chromium: the screen died; said, and the lesson went on');
});
await up.close();
await sound.close();
await screen.close();
