// SPDX-License-Identifier: GPL-3.0-or-later
//
// The page of a room's viewers on the demo classroom, in Chromium and Firefox: it waits for the
// lesson, plays it by the fastest way there is and says why that is not a faster one, goes back and
// returns, and plays the lesson again after the bell.

import { forEachBrowser, shot, soundCard } from './_browsers.mjs';
import * as p from './_page.mjs';
import * as w from './_watch.mjs';

const words = {
    zh: { title: '二次函数的图像', waiting: /等待上课|这节课结束了/, over: /这节课结束了/, path: { chromium: /^通过 WebRTC 播放$/ },
        views: { side: '并排', screen: '只看屏幕', sound: '只听声音', large: '一大一小' }, onAir: /正在直播/, tape: /回看/, delay: /延迟约 \d+ 毫秒/ },
    en: { title: 'Quadratic functions', waiting: /Waiting for the lesson/, over: /This lesson is over/,
        path: { firefox: /^This browser has no H\.264 over WebRTC\..* It comes by WebSocket instead\.$/ },
        views: { side: 'Side by side', screen: 'Screen', sound: 'Sound only', large: 'Large and small' },
        onAir: /On air/, tape: /From the recording/, delay: /About [\d.]+ m?s behind/ },
};
const PAST_MS = 10000; // what is nearer to now is as good as live
const LATE_MS = { chromium: 700, firefox: 1500 }; // on a busy machine

/** Which tracks are shown, and that the first element is heard. */
async function shown(page, names, t) {
    await w.plays(page, names.length);
    const muted = await page.evaluate(() => document.querySelector('.pane video').muted);
    p.check(!muted, `sound: ${t.title}`);
}

/** In the page: presses one view after the other, so that each is given up while it is opened, sooner or later. */
async function hurry() {
    const buttons = Array.from(document.querySelectorAll('.views .act[aria-pressed]'));
    for (let i = 0; i < 40; i++) {
        buttons[i % buttons.length].click();
        await new Promise((done) => setTimeout(done, 16 + i % 10));
    }
}

async function views(page, t, name) {
    await w.view(page, t.views.side);
    await page.waitForSelector('.stage-side[data-panes="2"]');
    const before = await w.frames(page);
    await page.evaluate(() => Array.from(document.querySelectorAll('.views .act')).at(-1).click());
    await page.waitForSelector('.pane-main video[aria-label^=S], .pane-main video[aria-label=屏幕]');
    p.check((await w.frames(page)).every((count, i) => count >= before[i]), 'a swap opens nothing anew');
    await w.view(page, t.views.screen);
    await w.plays(page, 1);
    await p.until(() => page.evaluate(() => document.querySelector('video').videoWidth === 1920), 'the screen');
    await page.evaluate(hurry);
    await w.view(page, t.views.sound);
    await p.until(() => page.evaluate(() => {
        const [video, ...others] = document.querySelectorAll('video');
        return others.length === 0 && video.videoWidth === 0 && video.currentTime > 0.5 && !video.paused;
    }), 'sound alone');
    await w.view(page, t.views.large);
    await w.plays(page, 2);
    await w.isLive(page, LATE_MS[name]);
}

/** The mark stands on the bar of who watches, while the lesson runs. */
async function marks(page, up, t) {
    await w.mark(up, t.title);
    await p.reads(page, '.watch-mark', new RegExp(t.title));
    await page.keyboard.press('?');
    await page.waitForSelector('.keys');
    await page.keyboard.press('Escape');
    await p.until(async () => !(await p.has(page, '.keys')), 'Escape to close the list of keys');
}

/** Back ten seconds or to the mark, and to live again. */
async function rewind(page, up, t, id, name) {
    await page.keyboard.press(name === 'firefox' ? '[' : 'ArrowLeft');
    await p.reads(page, '.from-tape', t.tape);
    await w.plays(page, 2);
    await w.isRight(page, up, id);
    await shot(page, `watch-tape-${name}`);
    await page.click('.act-live');
    await p.reads(page, '.on-air', t.onAir);
    await w.plays(page, 2);
    await w.isLive(page, LATE_MS[name]);
}

async function pause(page, name) {
    await page.keyboard.press(' ');
    await page.waitForSelector('.big-play');
    await p.until(() => page.evaluate(() => Array.from(document.querySelectorAll('video')).every((video) => video.paused)), 'a pause');
    await p.sleep(1000);
    await page.keyboard.press(' ');
    await w.isLive(page, LATE_MS[name]);
    await page.keyboard.press('m');
    await p.until(() => page.evaluate(() => document.querySelector('video').muted), 'm to mute');
    await page.keyboard.press('m');
    await p.until(() => page.evaluate(() => !document.querySelector('video').muted), 'm to unmute');
}

async function afterTheBell(page, up, t, id, name) {
    await w.stopLesson(up);
    await p.reads(page, '.stage-words', t.over);
    await shot(page, `watch-over-${name}`);
    await page.click('.again');
    await w.plays(page, 2);
    await p.until(async () => (await p.videoTime(page)) > 1, 'the lesson again');
    await w.isRight(page, up, id);
    p.check(!(await p.has(page, '.act-live')), 'nothing is live');
}

await soundCard();
const languages = { chromium: 'zh', firefox: 'en' };
await forEachBrowser(async (page, name) => {
    const lang = languages[name];
    const t = words[lang];
    const up = await p.startUp(['demo']);
    await w.watch(page, up, lang);
    await p.reads(page, '.stage-words', t.waiting);
    await shot(page, `watch-waiting-${name}`);
    const id = await w.startLesson(up, t.title);
    await shown(page, ['camera', 'screen'], t);
    await p.reads(page, '.path-words', t.path[name]);
    await p.reads(page, '.watch-title', new RegExp(t.title));
    await w.isLive(page, LATE_MS[name]);
    const marked = Date.now();
    await marks(page, up, t);
    await page.click('.path .act');
    await p.reads(page, '.path', t.delay);
    await shot(page, `watch-live-${name}`);
    await views(page, t, name);
    await pause(page, name);
    await p.sleep(Math.max(0, marked + PAST_MS - Date.now()));
    await rewind(page, up, t, id, name);
    await afterTheBell(page, up, t, id, name);
    await up.close();
    console.log(`${name} (${lang}): waited, watched, looked at each view, went back, watched again`);
});
