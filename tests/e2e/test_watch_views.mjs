// SPDX-License-Identifier: GPL-3.0-or-later
//
// Each view of the watching page in both languages, on a desk, on a phone upright and lying: axe
// finds nothing, nothing is wider than the screen. A browser that forbids sound before a touch gets
// one big button. Another page may embed it.

import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shot, withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';
import * as w from './_watch.mjs';

const AXE = readFileSync(join(p.web, 'node_modules/axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const AXE_SEES = { desk: /-zh$/, phone: /-en$/ }; // it costs most of this test's time; a campaign looks at all four
const SIZES = { desk: { width: 1366, height: 768 }, phone: { width: 360, height: 740 }, lying: { width: 740, height: 360 } };
const TITLES = { zh: '二次函数的图像与性质', en: 'Quadratic functions and their graphs' };

async function look(page, name) {
    for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport);
        await p.sleep(200);
        if (size !== 'lying' && (p.deep || AXE_SEES[size].test(name))) { // lying shows what the others do
            const found = await page.evaluate((tags) => window.axe.run({ runOnly: tags }), RULES);
            const faults = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
            p.check(faults.length === 0, `axe on ${name} (${size}): ${faults.join('\n')}`);
        }
        const over = await page.evaluate(() => [document.documentElement.scrollWidth - innerWidth,
            document.documentElement.scrollHeight - innerHeight]);
        p.check(over.every((pixels) => pixels <= 0), `${name} (${size}) is larger than the screen: ${over}`);
        const stage = await page.evaluate(() => document.querySelector('.stage').offsetHeight / innerHeight);
        p.check(stage > 0.35, `${name} (${size}): ${stage} of the height is picture`);
        await shot(page, `watch-view-${name}-${size}`);
    }
    await page.setViewportSize(SIZES.desk);
}

async function views(page, up, lang) {
    await page.addInitScript(AXE);
    await w.watch(page, up, lang);
    await page.waitForSelector('.stage-words');
    await look(page, `waiting-${lang}`);
    await w.startLesson(up, TITLES[lang]);
    await w.plays(page, 2);
    await page.click('.path .act');
    await p.sleep(1500);
    await look(page, `live-${lang}`);
    await page.keyboard.press('?');
    await page.waitForSelector('.keys');
    await look(page, `keys-${lang}`);
    await page.keyboard.press('Escape');
    await page.click('.views .act:nth-child(2)');
    await look(page, `side-${lang}`);
    await page.click('.views .act:nth-child(4)');
    await w.plays(page, 1);
    await look(page, `screen-${lang}`);
    await page.click('.views .act:nth-child(5)');
    await page.waitForSelector('.stage-sound-words');
    await p.until(() => page.evaluate(() => Array.from(document.querySelectorAll('.pane video')).every((video) => video.videoWidth === 0)), 'no picture to be fetched');
    await look(page, `sound-${lang}`);
    await page.click('.views .act:nth-child(1)');
    await w.plays(page, 2);
    await page.keyboard.press(' ');
    await page.waitForSelector('.big-play');
    await look(page, `paused-${lang}`);
    await page.keyboard.press(' ');
    await page.keyboard.press('ArrowLeft');
    await page.waitForSelector('.from-tape');
    await w.plays(page, 2);
    await look(page, `tape-${lang}`);
    await page.click('.act-live');
    await w.plays(page, 2);
    await w.stopLesson(up);
    await page.waitForSelector('.again');
    await look(page, `over-${lang}`);
}

/** A page of another address that embeds ours; its URL. */
async function startHost(up) {
    const host = createServer((_, response) => {
        response.setHeader('Content-Type', 'text/html');
        response.end(`<!doctype html><title>school</title><iframe src="${up.url}watch/main" width="800" height="500" allow="autoplay; fullscreen"></iframe>`);
    });
    await new Promise((ready) => host.listen(0, '127.0.0.1', ready));
    return { url: `http://127.0.0.1:${host.address().port}/`, close: () => host.close() };
}

async function embedded(page, up) {
    const host = await startHost(up);
    await page.goto(`${up.url}?code=${up.code}`);
    await page.goto(host.url);
    const frame = await p.until(() => page.frames().find((one) => one.url().includes('/watch/')), 'the frame');
    await p.until(() => frame.evaluate(() => Array.from(document.querySelectorAll('.pane video'))
        .some((video) => video.getVideoPlaybackQuality().totalVideoFrames > 0)), 'pictures in the frame');
    p.check(await frame.evaluate(() => document.querySelector('.watch-top').offsetHeight === 0), 'a frame has no head');
    await shot(page, 'watch-embedded');
    const answer = await page.goto(up.url);
    p.check(answer.headers()['content-security-policy'].includes("frame-ancestors 'none'"), 'nobody embeds the recording page');
    host.close();
}

/** As browsers do by themselves on a page that was never touched. */
const FORBID = `{
    const play = HTMLMediaElement.prototype.play;
    let isTouched = false;
    addEventListener('pointerdown', () => (isTouched = true), true);
    HTMLMediaElement.prototype.play = function () {
        return this.muted || isTouched ? play.call(this)
            : Promise.reject(new DOMException('touch first', 'NotAllowedError'));
    };
}`;

async function touched(page, up, lang) {
    await page.addInitScript(FORBID);
    await page.goto(`${up.url}?code=${up.code}`);
    await page.goto(`${up.url}watch/main`);
    await page.waitForSelector('.big-play');
    await w.plays(page, 2); // without sound meanwhile
    p.check(await page.evaluate(() => document.querySelector('video').muted), 'no sound yet');
    await shot(page, `watch-touch-${lang}`);
    await page.click('.big-play');
    await p.until(async () => !(await p.has(page, '.big-play')), 'the button to go');
    await p.until(() => page.evaluate(() => !document.querySelector('video').muted), 'sound');
}

/** A room of its own. */
async function inRoom(...tests) {
    const up = await p.startUp(['demo']);
    for (const test of tests) {
        await withBrowser('chromium', (page) => test(page, up));
    }
    await up.close();
}

await Promise.all([
    ...['zh', 'en'].map((lang) => inRoom(async (page, up) => {
        await views(page, up, lang);
        console.log(`views (${lang}): axe clean, as large as the screen`);
    })),
    inRoom(async (page, up) => {
        await w.startLesson(up, TITLES.zh);
        await embedded(page, up);
    }, (page, up) => touched(page, up, 'zh')),
]);
