// SPDX-License-Identifier: GPL-3.0-or-later
//
// An export by the page: asked for in the menu of a recording with subtitles in the picture, among the
// jobs at once, saved as a file, removed; what a preset does not allow is said before. Both languages, both browsers.

import { forEachBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';

const words = {
    chromium: { lang: 'zh', done: /已完成/, must: /不足下限/, asked: /已加入任务/, drawn: /重新编码/ },
    firefox: { lang: 'en', done: /done/, must: /must last 30:00/, asked: /among the jobs/, drawn: /encoded anew/ },
};
const MAKE = '.export:nth-last-child(3) .export-make'; // small; sound and what is wrong are behind it

await forEachBrowser(async (page, name) => {
    const t = words[name];
    const up = await p.startUp(['demo']);
    await p.enter(page, up, t.lang);
    await p.record(page, `导出 <b>${name}</b>`);
    await p.until(async () => (await p.elapsed(page)) >= 2, 'two seconds');
    await p.stop(page);
    await p.until(() => p.has(page, '.recording:first-child .badge-ended'), 'the recording has ended');
    await page.evaluate(() => document.querySelector('.recording:first-child summary').click());
    await p.until(() => p.has(page, MAKE), 'the presets');
    await page.evaluate(() => document.querySelector('.recording:first-child summary').click());
    await page.evaluate(async () => { // subtitles, and then there is something to draw
        const { recordings } = await (await fetch('/api/v1/recordings')).json();
        const body = 'WEBVTT\n\n00:00.200 --> 00:05.000\n光的折射\n';
        await fetch(`/api/v1/items/${recordings[0].id}/subtitles/zh`, { method: 'PUT', body });
    });
    await page.evaluate(() => document.querySelector('.recording:first-child summary').click());
    await p.until(() => p.has(page, '.exports-drawn select'), 'subtitles can be drawn');
    await page.evaluate(() => {
        const choice = document.querySelector('.exports-drawn select');
        choice.value = 'zh';
        choice.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await p.reads(page, '.exports-drawn', t.drawn);
    await p.until(() => p.has(page, MAKE), 'the presets');
    await p.reads(page, '.download-list', t.must);
    await p.looksGood(page, `exports-${t.lang}`, '.recordings');
    await page.evaluate((selector) => document.querySelector(selector).click(), MAKE);
    await p.reads(page, '.download-list', t.asked);
    const rest = up.hurry();
    await p.reads(page, '.job:first-child', t.done, 60);
    rest();
    const captions = await page.evaluate(async () => (await (await fetch('/api/v1/jobs')).json()).jobs.find((job) => job.kind === 'export').captions);
    p.check(captions === 'zh', `subtitles: ${captions}`);
    p.check((await p.text(page, '.job:first-child .job-name')) === `导出 <b>${name}</b>`, 'its title is text');
    await page.evaluate(() => document.querySelector('.recording:first-child summary').click());
    await p.looksGood(page, `jobs-${t.lang}`, '.jobs');
    const kind = await page.evaluate(async () => {
        const answer = await fetch(document.querySelector('.job:first-child a').href);
        return `${answer.status} ${answer.headers.get('Content-Type')}`;
    });
    p.check(kind === '200 video/mp4', `its file: ${kind}`);
    await p.press(page, '.job:first-child .job-acts button:last-child');
    await p.until(async () => !(await p.has(page, '.jobs')), 'it is gone');
    await up.close();
}, 'firefox');
