// SPDX-License-Identifier: GPL-3.0-or-later
//
// Each view of the page in both languages, on a desk and on a phone: axe finds nothing, nothing is
// wider than the screen. Below the floor there are words. The scripts' types hold (tsc).

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shot, withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';

const AXE = readFileSync(join(p.web, 'node_modules/axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const AXE_SEES = { desk: /-zh$/, phone: /-en$/ }; // it costs most of this test's time; a campaign looks at all four
const SIZES = { desk: { width: 1366, height: 768 }, phone: { width: 390, height: 844 } };

async function look(page, name) {
    for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport);
        await p.sleep(200); // the meters' transitions
        if (p.deep || AXE_SEES[size].test(name)) {
            const found = await page.evaluate((tags) => window.axe.run({ runOnly: tags }), RULES);
            const faults = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
            p.check(faults.length === 0, `axe on ${name} (${size}): ${faults.join('\n')}`);
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        p.check(wide <= 0, `${name} (${size}) is ${wide} pixels wider than the screen`);
        await shot(page, `view-${name}-${size}`);
    }
    await page.setViewportSize(SIZES.desk);
}

async function views(page, up, lang) {
    await page.addInitScript(AXE);
    await page.goto(up.url);
    await page.click(`button[lang^=${lang}]`);
    await look(page, `signin-${lang}`);
    await p.enter(page, up, lang);
    await page.waitForSelector('.health-running');
    await look(page, `idle-${lang}`);
    await p.record(page, lang === 'zh' ? '二次函数的图像与性质' : 'Quadratic functions and their graphs');
    await page.waitForSelector('.proof-good');
    await page.click('.quick .button');
    await page.click('input[name=mark]');
    await page.keyboard.type(lang === 'zh' ? '例题二：把一般式化成顶点式，再说出开口方向、对称轴和最大值或最小值' : 'Example 2: from the general form to the vertex form, then axis and extremum');
    await page.keyboard.press('Enter');
    await p.until(async () => (await p.count(page, '.mark .mark-good')) === 2, 'both marks');
    await page.click('.preview .button');
    await p.until(() => page.evaluate(() => Array.from(document.querySelectorAll('.preview video'))
        .filter((video) => video.videoWidth > 2 && video.getVideoPlaybackQuality().totalVideoFrames > 0).length === 2), 'the live picture');
    await p.until(async () => (await up.api('/rooms')).rooms[0].viewers === 1, 'it to be counted');
    await p.reads(page, '.air-viewers', /^0 /); // but not by this page
    await look(page, `recording-${lang}`);
    await page.click('.big-stop');
    await page.waitForSelector('.end');
    await look(page, `asking-${lang}`);
    await page.keyboard.press('Escape');
    await p.stop(page);
    await page.waitForSelector('.badge-ended');
    await page.click('.download summary');
    await look(page, `download-${lang}`);
    up.hold();
    process.kill(up.pidOf('lectern-server'), 'SIGKILL');
    await page.waitForSelector('.link .band');
    await look(page, `lost-${lang}`);
    up.release();
    await p.until(async () => !(await p.has(page, '.link .band')), 'the connection');
}

/** The keyboard alone records and stops. */
async function byKeyboard(page, up) {
    await p.enter(page, up);
    const press = async (selector, key) => {
        await page.waitForSelector(selector);
        await page.evaluate((s) => document.querySelector(s).focus(), selector);
        await page.keyboard.press(key);
    };
    await press('.big-record', 'Space');
    await press('.big-stop', 'Enter');
    await page.waitForSelector('.end');
    p.check(await page.evaluate(() => document.activeElement.className === 'keep'), 'the harmless answer has the focus');
    await p.sleep(700);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.big-record');
    p.check(await page.evaluate(() => document.activeElement.classList.contains('big')), 'the button has the focus again');
}

async function belowTheFloor(page, up) {
    await page.addInitScript('CSS.supports = () => false');
    await page.goto(`${up.url}?code=${up.code}`);
    await p.reads(page, '#floor', /请更新浏览器.*Please update it/s);
    p.check(await page.evaluate(() => document.querySelector('#floor').offsetHeight > 0), 'words are seen');
    p.check(await page.evaluate(() => document.querySelector('#app').offsetHeight === 0), 'and nothing else');
}

execFileSync(process.execPath, [join(p.web, 'node_modules/typescript/bin/tsc'), '--noEmit'], { cwd: p.web, stdio: 'inherit' });

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
        console.log(`views (${lang}): axe clean, as wide as the screen`);
    })),
    inRoom(byKeyboard, belowTheFloor),
]);
