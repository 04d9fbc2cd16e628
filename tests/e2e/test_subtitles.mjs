// SPDX-License-Identifier: GPL-3.0-or-later
//
// Subtitles are written beside the picture, by keyboard: kept at every change, shown on the picture,
// undone and done again; a file in GB18030 comes in, and what it could not bring is said; what somebody
// else saved is not overwritten.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browsers, temporary, withBrowser } from './_browsers.mjs';
import { keys, lessons, looksGood } from './_edit.mjs';
import * as p from './_page.mjs';

const words = {
    zh: { kept: /已自动保存/, changed: /别处已保存/, waiting: /尚未保存/, brought: /已导入 1 条字幕，另有 1 条/, fast: /来不及读/ },
    en: { kept: /^Kept/, changed: /Somebody else saved/, waiting: /Not kept yet/, brought: /1 subtitle imported; 1 could not/, fast: /Too short a time/ },
};
const ids = { zh: '20260301-080001-main-0001', en: '20260301-080002-main-0001' };
const up = await p.startUp(['demo'], { fill: lessons(Object.values(ids), 6) });

/* "光的折射" in GB18030; the second cue ends before it begins. */
const file = join(temporary(), 'lesson.srt');
writeFileSync(file, Buffer.concat([Buffer.from('1\r\n00:00:01,000 --> 00:00:03,000\r\n'), Buffer.from([0xb9, 0xe2, 0xb5, 0xc4, 0xd5, 0xdb, 0xc9, 0xe4]),
    Buffer.from('\r\n\r\n2\r\n00:00:05,000 --> 00:00:04,000\r\nx\r\n')]));

async function write(name, lang) {
    const t = words[lang];
    const id = ids[lang];
    const address = `${up.url}api/v1/items/${id}/subtitles/zh`;
    const headers = { Authorization: `Bearer ${up.code}` };
    const there = async () => {
        const response = await fetch(address, { headers });
        return response.ok ? response.text() : '';
    };
    const keptAs = (pattern, what) => p.until(async () => pattern.test(await there()), what, 30);
    await withBrowser(name, async (page) => {
        await p.enter(page, up, lang);
        await p.resize(page, 'desk');
        await page.goto(`${up.url}lessons/${id}`);
        const open = () => page.evaluate(() => document.querySelector('.watch-top > button').click());
        await p.until(() => p.has(page, '.watch-top > button'), 'the button', 30);
        await open();
        await page.waitForSelector('.writing select');
        await page.evaluate(() => {
            const select = document.querySelector('.writing select');
            select.value = 'zh';
            select.dispatchEvent(new Event('change', { bubbles: true }));
        });

        /* Written, split where the cursor stands, and shown. */
        await p.until(() => page.evaluate(() => !document.querySelector('.writing-head .act').disabled), 'the list', 30);
        await page.click('.writing-head .act');
        await page.waitForSelector('.cue textarea:focus');
        await page.keyboard.type('abcdefghij klmnopqrst');
        await keptAs(/00:00:00\.000 --> 00:00:02\.000\nabcdefghij klmnopqrst\n/, 'what was written');
        await p.reads(page, '.cues', /abcdefghij klmnopqrst/);
        await keys(page, ...Array(11).fill('ArrowLeft'), 'Enter');
        await keptAs(/00:00:00\.000 --> 00:00:00\.9\d\d\nabcdefghij\n\n00:00:00\.9\d\d --> 00:00:02\.000\nklmnopqrst\n/, 'two of one');

        /* Times by keys: 0.1 s; too fast to be read is said, and kept. */
        await page.keyboard.down('Alt');
        for (let i = 0; i < 7; i++) {
            await page.keyboard.press('.');
        }
        await page.keyboard.up('Alt');
        await keptAs(/00:00:01\.6\d\d --> 00:00:02\.000\nklmnopqrst\n/, 'a later begin');
        await p.reads(page, '.cue:nth-child(2) .cue-wrong', t.fast);
        await page.keyboard.down('Control');
        await keys(page, ...Array(8).fill('z'));
        await keptAs(/00:00:02\.000\nabcdefghij klmnopqrst\n/, 'undo of all but the writing');
        await keys(page, 'y');
        await page.keyboard.up('Control');
        await p.until(async () => (await p.count(page, '.cue')) === 2, 'redo');
        await page.click('.cue:nth-child(2) textarea');
        await keys(page, 'Home', 'Backspace');
        await p.until(async () => (await p.count(page, '.cue')) === 1, 'joined');

        /* The list follows the picture. */
        await page.click('.cue-time');
        await p.until(() => p.has(page, '.cue-now'), 'the cue of this moment');

        /* A file. */
        const input = await page.$('.writing-bring input');
        await (input.setInputFiles ? input.setInputFiles(file) : input.uploadFile(file));
        await p.reads(page, '.writing-words', t.brought, 30);
        p.check((await there()) === 'WEBVTT\n\n00:00:01.000 --> 00:00:03.000\n光的折射\n', 'the file');
        p.check(await page.evaluate(() => document.querySelector('.cue textarea').value) === '光的折射', 'the file in the list');
        const srt = await (await fetch(`${address}?as=srt`, { headers })).text();
        p.check(srt.includes('光的折射') && await page.evaluate(() => document.querySelector('.writing a[download$=".zh.srt"]').href.endsWith('?as=srt')), 'as SubRip');
        await looksGood(page, `subtitles-${name}-${lang}`, '.watch-box');

        /* Somebody else's is not overwritten. */
        await p.reads(page, '.writing-words', t.kept);
        const { headers: tags } = await fetch(address, { headers });
        const put = await fetch(address, { method: 'PUT', headers: { ...headers, 'Content-Type': 'text/vtt', 'If-Match': tags.get('ETag') },
            body: 'WEBVTT\n\n00:00:01.000 --> 00:00:02.000\ntheirs\n' });
        p.check(put.ok, 'somebody else saves');
        await page.click('.cue textarea');
        await page.keyboard.type('mine');
        await p.reads(page, '.writing-words', t.changed, 30);
        p.check((await there()).includes('theirs'), 'theirs is there');
        await page.click('.writing-words .act');
        await p.until(() => page.evaluate(() => document.querySelector('.cue textarea')?.value === 'theirs'), 'theirs in the list', 30);

        /* Closed right behind the last letter. */
        await page.click('.cue textarea');
        await keys(page, 'End');
        await page.keyboard.type(' and mine');
        await page.click('.writing-close');
        await keptAs(/theirs and mine\n/, 'the last letter');
        await p.until(() => page.evaluate(() => [...document.querySelectorAll('.act-speed option')].some((one) => one.value === 'zh' && one.selected)), 'them to be shown');
        await p.reads(page, '.inside-list', /theirs and mine/, 30);

        /* While the line is away, it is asked before anything is lost. */
        await open();
        await p.until(() => p.has(page, '.cue textarea'), 'the list once more', 30);
        await page.evaluate(() => {
            window.line = window.fetch;
            window.fetch = (address, how) => (how?.method === 'PUT' ? Promise.reject(new TypeError('away')) : window.line(address, how));
        });
        await page.click('.cue textarea');
        await keys(page, 'End', '!');
        await p.reads(page, '.writing-words', t.waiting, 30);
        await open(); // which would close it
        await p.until(() => p.has(page, '.writing .leaving'), 'to be asked', 30);
        await looksGood(page, `subtitles-leaving-${name}-${lang}`, '.watch-box');
        await page.evaluate(() => {
            window.fetch = window.line;
        });
        await keptAs(/theirs and mine!\n/, 'what waited');
        await p.until(async () => !(await p.has(page, '.writing')), 'it to close by itself', 30);
        console.log(`${name} (${lang}): written`);
    });
}

const languages = { chromium: 'zh', firefox: 'en' };
await Promise.all(browsers('firefox').map((name) => write(name, languages[name])));
await up.close();
