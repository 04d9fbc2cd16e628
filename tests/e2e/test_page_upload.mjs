// SPDX-License-Identifier: GPL-3.0-or-later
//
// Films are brought in on the page: one becomes a recording, two of the same time another, one that is broken off goes on after a
// reload where it was, and what is no film is refused in words.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forEachBrowser, temporary } from './_browsers.mjs';
import * as p from './_page.mjs';

const words = {
    zh: { what: /同一节课/, done: /已在录像列表中/, paused: /已暂停/, lacking: /再次选择同一文件/, refused: /无法导入/, list: /指向其他文件/, none: /不是可导入/ },
    en: { what: /one lesson/, done: /is in the recordings/, paused: /paused/, lacking: /choose the same file again/, refused: /cannot be brought in/, list: /names other files/, none: /no video or sound/ },
};

const folder = temporary();
const film = join(folder, '圆的面积.mp4'), screen = join(folder, '屏幕.mp4'), noise = join(folder, 'noise.mp4'), list = join(folder, 'list.mp4');
execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25', '-f', 'lavfi', '-i', 'sine=440:r=44100',
    '-t', '4', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', film]);
copyFileSync(film, screen);
writeFileSync(noise, randomBytes(48 << 20));
writeFileSync(list, '#EXTM3U\n0001.mp4\n');

async function choose(page, file) {
    const input = await page.$('#upload-files');
    await (input.setInputFiles ? input.setInputFiles(file) : input.uploadFile(...[file].flat()));
}

/** How many per cent the first file on its way has come. */
const percent = async (page) => Number(/(\d+)\s%/.exec(await p.text(page, '.upload-facts'))?.[1] ?? -1);

async function uploads(page, up, lang) {
    const t = words[lang];
    await p.enter(page, up, lang);
    const before = await p.count(page, '.recording');
    await choose(page, film);
    await p.reads(page, '.upload-facts', t.done, 40);
    await p.until(async () => (await p.count(page, '.recording')) === before + 1, 'the recording', 20);
    p.check((await p.text(page, '.recording h3')).includes('圆的面积'), 'its title is the file\'s name');
    await p.looksGood(page, `upload-done-${lang}`, '.uploads');
    await page.click('.upload-acts .button');
    await p.until(async () => (await p.count(page, '.upload')) === 0, 'it to be dismissed');

    await choose(page, [film, screen]);
    await p.reads(page, '.upload-what', t.what);
    await p.looksGood(page, `upload-several-${lang}`, '.uploads');
    await page.click('.upload-what .button');
    await p.until(async () => (await p.count(page, '.upload')) === 1 && t.done.test(await p.text(page, '.upload-facts')), 'one recording of both', 40);
    await p.until(async () => (await p.count(page, '.recording')) === before + 2, 'the recording', 20);
    const [newest] = (await up.api('/recordings')).recordings;
    p.check(newest.tracks.map(({ name }) => name).sort().join() === 'camera,screen,sound', `its tracks: ${JSON.stringify(newest.tracks)}`);
    await page.click('.upload-acts .button');
    await p.until(async () => (await p.count(page, '.upload')) === 0, 'it to be dismissed');

    await choose(page, noise);
    await p.until(async () => (await percent(page)) >= 5, 'some of it to be sent', 30);
    await page.click('.upload-acts .button');
    await p.reads(page, '.upload-facts', t.paused);
    const sent = await percent(page);
    p.check(sent >= 5 && sent < 100, `paused at ${sent} %`);
    await p.looksGood(page, `upload-paused-${lang}`, '.uploads');
    await page.reload();
    await p.reads(page, '.upload-facts', t.lacking);
    p.check((await percent(page)) >= sent, 'what was sent is there');
    await choose(page, noise);
    p.check((await p.count(page, '.upload')) === 1, 'it is the same one');
    await p.reads(page, '.upload-facts', t.refused, 60);
    await p.reads(page, '.upload .band', t.none);
    await page.click('.upload-acts .button');
    await p.until(async () => (await p.count(page, '.upload')) === 0, 'it to be dismissed');

    await choose(page, list);
    await p.reads(page, '.upload .band', t.list, 40);
    await p.looksGood(page, `upload-refused-${lang}`, '.uploads');
    await page.click('.upload-acts .button');
    await p.until(async () => (await p.count(page, '.upload')) === 0, 'nothing to be left');
    await p.until(() => page.evaluate(async () => (await (await fetch('/api/v1/uploads')).json()).uploads.length === 0), 'nor on the server');
}

const languages = { chromium: 'zh', firefox: 'en' };
await forEachBrowser(async (page, name) => {
    const up = await p.startUp(['demo']);
    const rest = up.hurry();
    await uploads(page, up, languages[name]);
    rest();
    await up.close();
    console.log(`${name} (${languages[name]}): a film, two that are one, one gone on with after a reload, a list that is refused`);
}, 'chromium');
