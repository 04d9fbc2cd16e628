// SPDX-License-Identifier: GPL-3.0-or-later
//
// The page of a school that has recorded for a while: it shows the newest lessons, more when asked,
// and says so when one was deleted under it. One is asked for on a USB stick: it waits for one, what
// happened to it is told, and it is forgotten.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forEachBrowser, shot, source, temporary } from './_browsers.mjs';
import * as p from './_page.mjs';

const LESSONS = 45;
const bin = process.env.LCT_BIN ?? join(source, 'build/bin');
const words = { zh: { more: /显示更多/, gone: /此地址没有课程|无法播放/, insert: /插入/, waits: /等待/, done: /圆的面积\.mp4/ }, en: { more: /Show more/, gone: /There is no lesson|cannot be played/, insert: /Insert a stick/, waits: /waits for a stick/, done: /may be pulled out: .*圆的面积\.mp4/ } };

/** Lessons of some days, newest first; copies of a real one. */
function fill(up) {
    const original = join(temporary(), 'lesson');
    execFileSync(join(bin, 'lectern'), ['record', '--source', 'demo', '--duration', '2', '--out', original], { stdio: 'ignore' });
    const ids = Array.from({ length: LESSONS }, (_, i) => `202601${String(28 - Math.floor(i / 4)).padStart(2, '0')}-${17 - 2 * (i % 4)}0000-main-0001`);
    ids.forEach((id) => cpSync(original, join(up.data, 'lessons', id), { recursive: true }));
    return ids;
}

const shownIds = (page) => page.evaluate(() => Array.from(document.querySelectorAll('.recording h3'), (one) => one.id.slice('recording-'.length)));

/** No stick is needed: what would copy it says so in a file (archive/sticks.h). */
async function stick(page, up, id, t) {
    const file = join(up.data, 'sticks', `${id}.json`);
    p.check(!(await p.has(page, '[aria-labelledby=sticks]')), 'nobody has asked for one');
    await page.click('.recording:first-child .download summary');
    await page.waitForSelector('.recording:first-child .download-act');
    await page.click('.recording:first-child .download-act');
    await p.reads(page, '.recording:first-child .export-about', t.insert);
    await page.keyboard.press('Escape');
    await p.reads(page, '[aria-labelledby=sticks] .health', t.waits);
    p.check(await p.text(page, '[aria-labelledby=sticks] .job-name') === await p.text(page, `#recording-${id} .recording-name`), 'a lesson without a title is called as in the list');
    const asked = JSON.parse(readFileSync(file, 'utf8'));
    p.check(asked.state === 'waiting', `it is written down: ${JSON.stringify(asked)}`);
    writeFileSync(file, JSON.stringify({ ...asked, state: 'waiting', fault: { code: 'stick', en: 'The stick is full.', zh: 'U 盘已满。' } }));
    await p.reads(page, '[aria-labelledby=sticks] .job-why', /The stick is full|U 盘已满/);
    writeFileSync(file, JSON.stringify({ ...asked, state: 'done', at: asked.asked, file: '圆的面积.mp4' }));
    await p.reads(page, '[aria-labelledby=sticks] .job-facts', t.done);
    await p.looksGood(page, `page-stick-${t === words.zh ? 'zh' : 'en'}`, '[aria-labelledby=sticks]');
    await page.click('[aria-labelledby=sticks] .job-acts .button');
    await p.until(async () => !(await p.has(page, '[aria-labelledby=sticks]')) && !existsSync(file), 'it to be forgotten');
}

const languages = { chromium: 'zh', firefox: 'en' };
await forEachBrowser(async (page, name) => {
    const lang = languages[name];
    const t = words[lang];
    const up = await p.startUp(['demo'], { name: 'main', sticks: true });
    const ids = fill(up);
    await p.enter(page, up, lang);
    for (const expected of [20, 40, LESSONS]) {
        await p.until(async () => (await p.count(page, '.recording')) === expected, `${expected} recordings`);
        p.check((await shownIds(page)).join() === ids.slice(0, expected).join(), `the newest ${expected}, newest first`);
        if (expected < LESSONS) {
            await p.reads(page, '.recordings > .button', t.more);
            await page.click('.recordings > .button');
        }
    }
    await p.until(async () => !(await p.has(page, '.recordings > .button')), 'the button to go: there are no more');
    rmSync(join(up.data, 'lessons', ids[0]), { recursive: true });
    await page.click('.recording:first-child .recording-acts > .button-main');
    await p.reads(page, '.stage-words', t.gone);
    await shot(page, `page-gone-${lang}`);
    await page.goto(up.url);
    await p.until(async () => (await shownIds(page)).join() === ids.slice(1, 21).join(), 'the list without it');
    await stick(page, up, ids[1], t);
    console.log(`${name} (${lang}): ${LESSONS} recordings part by part; a deleted one is said`);
    await up.close();
}, 'firefox');
