// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the tests of the page share: the real programs under a page, and hands and eyes for it that
// work in both browsers.
//
//   const up = await startUp(['demo']);
//   await withBrowser('chromium', async (page) => {
//       await enter(page, up);
//       await record(page, 'Title');  await stop(page);
//   });
//   await up.close();

import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { shot, source, temporary } from './_browsers.mjs';
import { UNITS, decodeClock } from './player/clock.mjs';

export { deep } from './_browsers.mjs';

process.setMaxListeners(40); // one for each program and folder that must not outlive the test

const bin = process.env.LCT_BIN ?? join(source, 'build/bin');
export const web = join(source, 'control/web');
export const AXE = readFileSync(join(web, 'node_modules/axe-core/axe.min.js'), 'utf8');

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export function check(holds, what) {
    if (!holds) {
        throw new Error(what);
    }
}

const PATIENCE = 3; // times what a quiet machine is given

/** Waits until test() gives something true, and returns it. seconds: the most, on a machine that does nothing else. */
export async function until(test, what, seconds = 15) {
    const began = Date.now();
    const end = began + PATIENCE * 1000 * seconds;
    for (;;) {
        const found = await test();
        if (found) {
            if (process.env.LCT_VERBOSE) {
                console.log(`waited ${Date.now() - began} ms for ${what}`);
            }
            return found;
        }
        check(Date.now() < end, `waited ${PATIENCE * seconds} s for ${what}`);
        await sleep(50);
    }
}

/* ---- programs ---- */

/** A program whose words are kept in .words; close() ends it by SIGTERM. Dies with the test. */
export function start(command, args, { env = {}, ...options } = {}) {
    const child = spawn(command, args, {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        ...options,
    });
    const program = { child, pid: child.pid, out: '', words: '' };
    child.stdout.on('data', (text) => (program.out += text));
    child.stderr.on('data', (text) => (program.words += text));
    const ended = new Promise((done) => child.on('close', done));
    const atExit = () => {
        child.kill('SIGCONT');
        child.kill('SIGTERM'); // lectern up ends its recorders then, too
    };
    process.on('exit', atExit);
    program.close = async () => {
        child.kill('SIGCONT');
        child.kill('SIGTERM');
        const hard = setTimeout(() => child.kill('SIGKILL'), 20000);
        await ended;
        clearTimeout(hard);
        process.off('exit', atExit);
    };
    return program;
}

const freePort = () =>
    new Promise((found) => {
        const probe = createServer().listen(0, '127.0.0.1', () => {
            const { port } = probe.address();
            probe.close(() => found(port));
        });
    });

function childrenOf(pid) {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
        readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
}

/** A configuration of the room, called so. */
function named(sources, name, sticks) {
    const file = join(temporary(), 'lectern.conf');
    writeFileSync(file, ['[library]', `sticks = ${sticks ? 'yes' : 'no'}`, '[room main]', `name = ${name}`, ...sources.map((spec) => `source = ${spec}`), ''].join('\n'));
    return file;
}

/** A configuration of the room with a certificate that nobody vouches for, shown at host:port. */
function secured(sources, host, port) {
    const folder = temporary();
    const [pem, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key,
        '-out', pem, '-days', '90', '-subj', `/CN=${host}`, '-addext', `subjectAltName=IP:${host}`], { stdio: 'ignore' });
    const file = join(folder, 'lectern.conf');
    writeFileSync(file, ['[server]', `https = ${host}:${port}`, `certificate = ${pem}`, `key = ${key}`, `name = ${host}`,
        '[room main]', ...sources.map((spec) => `source = ${spec}`), ''].join('\n'));
    return file;
}

/**
 * lectern up with these sources: {url, https, code, data, pidOf(program), api(path), close}. host: an
 * address of this machine; with https the pages are there by HTTPS, too; name: the room's, and whether USB sticks are served; fill(data) makes what is
 * there before.
 */
export async function startUp(sources, { env = {}, pages = web, host = '127.0.0.1', https = false, name = '', sticks = false, fill = () => {} } = {}) {
    const data = join(temporary(), 'data');
    fill(data);
    const args = ['up', '--data', data, '--listen', `${host}:${await freePort()}`, '--web', pages, '--json'];
    args.push(...(https ? ['--config', secured(sources, host, await freePort())] : name ? ['--config', named(sources, name, sticks)]
        : sources.flatMap((spec) => ['--source', spec])));
    const program = start(join(bin, 'lectern'), args, { env });
    await until(() => program.out.includes('\n'), 'lectern up');
    const { url, https: secure, code } = JSON.parse(program.out.split('\n')[0]);
    const pidOf = (name) => childrenOf(program.pid).find((pid) => {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words[0].endsWith(name);
    });
    const fetchIt = (path) => fetch(`${url}api/v1${path}`, { headers: { Authorization: `Bearer ${code}` } });
    return {
        url,
        https: secure,
        code,
        data,
        close: program.close,
        /** SIGSTOP: what dies stays dead until SIGCONT. */
        hold: () => process.kill(program.pid, 'SIGSTOP'),
        release: () => process.kill(program.pid, 'SIGCONT'),
        /** The process of lectern-server or lectern-recorder. */
        pidOf,
        /**
         * Workers yield to all others, and beside other tests would never end: makes those that run
         * now, and those that begin until the returned function is called, like all others.
         */
        hurry() {
            const timer = setInterval(() => childrenOf(pidOf('lectern-server')).forEach((pid) =>
                spawn('sh', ['-c', `chrt --all-tasks --other --pid 0 ${pid}; renice -n 0 --pgrp ${pid}`], { stdio: 'ignore' })), 500);
            return () => clearInterval(timer);
        },
        api: async (path) => (await fetchIt(path)).json(),
        /** Downloads a recording and returns the file. */
        async download(path) {
            const file = join(temporary(), 'download.mp4');
            writeFileSync(file, Buffer.from(await (await fetchIt(path)).arrayBuffer()));
            return file;
        },
        /** CLOCK_MONOTONIC of a lesson's zero, in milliseconds. */
        zeroMs: (id) => JSON.parse(readFileSync(join(data, 'lessons', id, 'lesson.json'), 'utf8')).zero.monotonic_ns / 1e6,
        lessons: () => readdirSync(join(data, 'lessons')),
    };
}

/** ffprobe's word on a file: {duration, streams: [{codec_type, codec_name, width, height}]}. */
export function probe(file) {
    const args = ['-v', 'error', '-of', 'json', '-show_entries',
        'format=duration:stream=codec_type,codec_name,width,height', file];
    const { format, streams } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' }));
    return { duration: Number(format.duration), streams };
}

/* ---- hands and eyes ---- */

/** The text of the first element that matches, '' when there is none. */
export const text = (page, selector) =>
    page.evaluate((s) => document.querySelector(s)?.textContent.trim() ?? '', selector);

export const has = (page, selector) => page.evaluate((s) => !!document.querySelector(s), selector);

export const count = (page, selector) => page.evaluate((s) => document.querySelectorAll(s).length, selector);

/** The lesson's clock, in seconds. */
export const elapsed = async (page) => (await text(page, '.elapsed')).split(':').reduce((sum, part) => 60 * sum + Number(part), 0);

/** Waits until the text of selector matches pattern. */
export const reads = (page, selector, pattern, seconds = 15) =>
    until(async () => pattern.test(await text(page, selector)), `${selector} to read ${pattern}`, seconds);

/** Opens the page with the code, in a language. */
export async function enter(page, up, lang = 'zh') {
    await page.goto(`${up.url}?code=${up.code}`);
    await page.waitForSelector('.big');
    await speak(page, lang);
}

/** Presses the language switch. */
export async function speak(page, lang) {
    await page.click(`.language[lang^=${lang}]`);
    await until(() => page.evaluate((l) => document.documentElement.lang.startsWith(l), lang), lang);
}

export async function record(page, title) {
    await page.waitForSelector('.big-record[aria-disabled=false]');
    await page.click('input[name=title]');
    await page.keyboard.type(title);
    await page.click('.big-record');
    await page.waitForSelector('.big-stop');
}

/**
 * Stop, and yes, after the moment in which a press counts as the end of a double click. The question
 * goes by itself after a while: on a busy machine it is asked again.
 */
export async function stop(page) {
    await until(async () => {
        await page.click('.big-stop');
        await page.waitForSelector('.end');
        await sleep(700);
        return await has(page, '.end') && page.click('.end').then(() => true, () => false);
    }, 'the answer to be taken');
    await page.waitForSelector('.big-record');
}

/** Tab from where the focus is until it stands on selector. */
async function tabTo(page, selector) {
    for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab');
        if (await page.evaluate((s) => !!document.activeElement?.matches(s), selector)) {
            return;
        }
    }
    check(false, `Tab never comes to ${selector}`);
}

/** The same, and a key there. */
export async function press(page, selector, key = 'Enter') {
    await tabTo(page, selector);
    await page.keyboard.press(key);
}

/** A question that was asked has the focus, on its harmless answer. */
export const asked = (page) => until(() => page.evaluate(
    () => !!document.activeElement.matches('.ask-open button:first-of-type')), 'the question to have the focus');

const SIZES = { desk: { width: 1366, height: 768 }, phone: { width: 390, height: 844 }, twice: { width: 640, height: 360 } };

/** A desktop, a phone, or a desktop whose letters are twice as large. */
export const resize = (page, size) => (page.setViewportSize ?? page.setViewport).call(page, SIZES[size]);

/** A room's card in both sizes: as wide as the screen, no complaint of axe's, and a picture of the part to look at. */
export async function looksGood(page, name, part = '.sharing') {
    await page.evaluate(AXE);
    for (const size of ['desk', 'phone']) {
        await resize(page, size);
        await sleep(200);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        check(wide <= 0, `${name} (${size}) is ${wide} pixels wider than the screen`);
        const found = await page.evaluate((s) => window.axe.run({ include: [['.room'], [s]] }), part);
        check(found.violations.length === 0, `axe on ${name}: ${JSON.stringify(found.violations.map((one) => one.id))}`);
        await page.evaluate((s) => document.querySelector(s).scrollIntoView(), part);
        await shot(page, `${name}-${size}`);
    }
    await resize(page, 'desk');
}

/** Opens the newest recording on its page. */
export async function openPlayer(page) {
    await page.click('.recording:first-child .recording-acts > .button-main');
    await page.waitForSelector('.big-play');
    await shown(page);
}

/** Where the page of a lesson is in it, in seconds: its elements' time begins a second before (lib/player/place.js). */
export const lessonTime = async (page) => (await videoTime(page)) - 1;

export const videoTime = (page) => page.evaluate(() => document.querySelector('video').currentTime);

/** Drags the bar of a lesson's page to a time. */
export const setBar = (page, seconds) => page.evaluate((at) => {
    const bar = document.querySelector('.watch-place');
    bar.value = at;
    bar.dispatchEvent(new Event('input', { bubbles: true }));
}, seconds);

/** The same, and waits for the picture. */
export async function seekTo(page, seconds) {
    await setBar(page, seconds);
    await shown(page);
}

/** Waits until the player's pictures are those of its time. */
export async function shown(page) {
    await until(() => page.evaluate(() => Array.from(document.querySelectorAll('.pane video'),
        (video) => !video.seeking && video.readyState >= 2).every((one) => one)), 'the pictures');
    // One more frame: what "seeked" promises is drawn with the next one.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Lumas of a row of n blocks of the player's picture as it is seen. */
const lumas = (page, n, row) =>
    page.evaluate(({ n: blocks, row: band }) => {
        const video = document.querySelector('video');
        const canvas = document.createElement('canvas');
        canvas.width = blocks;
        canvas.height = 1;
        const context = canvas.getContext('2d');
        const curtain = document.querySelector('.curtain'); // lib/player/curtain.js
        const seen = curtain && !curtain.hidden ? curtain : video;
        const [w, h] = seen === video ? [video.videoWidth, video.videoHeight] : [curtain.width, curtain.height];
        context.imageSmoothingEnabled = false; // the middle pixel of each block
        const unit = w / 40;
        const from = band === 'clock' ? [0, h - 1.75 * unit, w, unit / 2] : [0, 4, 320, 8];
        context.drawImage(seen, ...from, 0, 0, blocks, 1);
        return Array.from(context.getImageData(0, 0, blocks, 1).data).filter((_, i) => i % 4 === 1);
    }, { n, row });

/** The demo's clock as the player shows it, in milliseconds (docs/sources.md); -1: not readable. */
export const demoClock = async (page) => decodeClock(await lumas(page, UNITS, 'clock'));

/** How far a clock of the demo stands behind a moment, in milliseconds. */
export function behind(moment, clock) {
    const turn = 2 ** 24;
    return ((moment - clock + turn / 2) % turn + turn) % turn - turn / 2;
}

/** What tests/tools/stampscreen drew into the top left corner, in milliseconds; -1: nothing. */
export async function stampClock(page) {
    const bits = (await lumas(page, 40, 'stamp')).map((luma) => (luma > 127 ? 1 : 0));
    const number = (some) => some.reduce((value, bit) => 2 * value + bit, 0);
    let sum = 21;
    for (let digit = 0; digit < 6; digit++) {
        sum += number(bits.slice(0, 34).slice(Math.max(0, 34 - 6 * (digit + 1)), 34 - 6 * digit));
    }
    return sum % 64 === number(bits.slice(34)) ? number(bits.slice(0, 34)) : -1;
}
