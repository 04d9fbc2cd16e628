// SPDX-License-Identifier: GPL-3.0-or-later
//
// Platforms on the recording page: one is added with address and key, a wrong address is refused in
// words, a lesson is pushed there, the platform dies, is switched off and removed. The key is never
// shown.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { forEachBrowser, temporary } from './_browsers.mjs';
import * as p from './_page.mjs';

const KEY = 'stream-key-7f3a';
const words = {
    zh: { wrong: /必须以 rtmp/, ready: /等待上课/, sending: /正在推流/, waiting: /没有推上/, why: /会自动重试/, off: /已关闭/, sum: /1 路正在推流/ },
    en: { wrong: /must begin with rtmp/, ready: /for the next lesson/, sending: /being pushed/, waiting: /not pushed/, why: /tried again by itself/, off: /switched off/, sum: /1 pushed/ },
};

const freePort = () => new Promise((found) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
        const { port } = probe.address();
        probe.close(() => found(port));
    });
});

/** ffmpeg that takes one push by RTMP. */
function platform(port) {
    const args = ['-nostdin', '-v', 'error', '-listen', '1', '-i', `rtmp://127.0.0.1:${port}/live/${KEY}`, '-c', 'copy', '-f', 'matroska'];
    const child = spawn('ffmpeg', [...args, join(temporary(), 'pushed.mkv')], { stdio: 'ignore' });
    process.on('exit', () => child.kill('SIGKILL'));
    return child;
}

async function type(page, field, text) {
    await page.focus(`.push-form [name=${field}]`);
    await page.keyboard.type(text);
}

async function pushes(page, up, lang) {
    const t = words[lang];
    const port = await freePort();
    const first = platform(port);
    await p.enter(page, up, lang);
    await page.click('.pushing > .button');
    await page.waitForSelector('.push-form');
    await type(page, 'address', 'ftp://127.0.0.1/live');
    await page.keyboard.press('Enter');
    await p.reads(page, '.pushing .band-bad', t.wrong);
    await p.looksGood(page, `pushing-wrong-${lang}`, '.pushing');

    await page.evaluate(() => document.querySelector('.push-form [name=address]').select());
    await type(page, 'address', `rtmp://127.0.0.1:${port}/live/`);
    await type(page, 'key', KEY);
    await type(page, 'name', lang === 'zh' ? '县教育平台' : 'County');
    await p.press(page, '.push-form .button-main');
    await p.reads(page, '.push .health', t.ready);
    p.check((await p.text(page, '.push-address')).startsWith(`rtmp://127.0.0.1:${port}/live/…`), 'its address without the key');
    p.check(await page.evaluate(() => [...document.querySelectorAll('.push-form input')].every((one) => !one.value)), 'the form is empty');
    p.check(!(await p.has(page, '.pushing .band-bad')), 'the refusal is gone');

    await p.record(page, 'x');
    await p.reads(page, '.push .health', t.sending);
    await p.reads(page, '.pushing-sum', t.sum);
    await p.reads(page, '.push-facts', /[1-9]\d*.kbit\/s/);
    await p.looksGood(page, `pushing-sends-${lang}`, '.pushing');

    first.kill('SIGKILL');
    await p.reads(page, '.push .health', t.waiting);
    await p.reads(page, '.push-why', t.why);
    await p.looksGood(page, `pushing-waits-${lang}`, '.pushing');
    platform(port);
    await p.reads(page, '.push .health', t.sending, 40);

    await page.focus('.pushing > .button');
    await p.press(page, '.push [role=switch]');
    await p.reads(page, '.push .health', t.off);
    await p.until(() => page.evaluate(() => document.activeElement.matches('[role=switch][aria-checked=false]')), 'the focus, which is not lost');
    await p.press(page, '.push .ask .button');
    await p.asked(page);
    await p.looksGood(page, `pushing-asks-${lang}`, '.pushing');
    await p.press(page, '.ask-open .button-bad');
    await p.until(async () => (await p.count(page, '.push')) === 0, 'the address to go');
    await p.until(() => page.evaluate(() => document.activeElement.matches('.pushing > .button')), 'the focus, which is not lost');
    p.check((await up.api('/rooms/main/pushes')).pushes.length === 0, 'it is gone');
    p.check(!(await page.content()).includes(KEY), 'the key is nowhere in the page');
    await p.stop(page);
}

const languages = { chromium: 'zh', firefox: 'en' };
await forEachBrowser(async (page, name) => {
    const up = await p.startUp(['demo']);
    await pushes(page, up, languages[name]);
    await up.close();
    console.log(`${name} (${languages[name]}): a lesson is pushed, its platform dies and comes back, and is taken away`);
}, 'chromium');
