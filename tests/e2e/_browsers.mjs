// SPDX-License-Identifier: GPL-3.0-or-later
//
// The browsers of the system, headless, and a small server for what they look at.
//
//   import { forEachBrowser, serve } from './_browsers.mjs';
//   const site = await serve({ '/': 'some/folder', '/data/': other });
//   await forEachBrowser(async (page, name) => {       // 'chromium' and 'firefox', side by side
//       await page.goto(site.url + 'page.html');
//       const answer = await page.evaluate(async (x) => …, argument);
//       await shot(page, `${name}-page`);              // build/e2e/chromium-page.png
//   });
//   await site.close();
//
// A page is Playwright's in Chromium and Puppeteer's in Firefox; goto, evaluate, click, type,
// waitForSelector, setViewport… that both have can be used. Errors of the page end the test.

import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';

/** Whole campaigns instead of samples. */
export const deep = !['', '0', 'OFF', undefined].includes(process.env.LCT_DEEP);

export const here = dirname(fileURLToPath(import.meta.url));
export const source = process.env.LCT_SOURCE ?? join(here, '../..');

let root; // of all temporary folders; gone when the test ends
process.on('exit', () => root && rmSync(root, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => process.exit(1)); // a test that is stopped cleans up too
}

const PATIENCE_MS = 90000; // for a browser to start, and for what stands on its page: three times the libraries' own

/** A new folder that is gone when the test ends. */
export function temporary() {
    root ??= mkdtempSync(join(tmpdir(), 'lectern-e2e-'));
    return mkdtempSync(join(root, 'x'));
}

function program(...names) {
    for (const name of names) {
        try {
            return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
        } catch {
            // the next name
        }
    }
    throw new Error(`none of ${names.join(', ')} is installed: script/setup --tests`);
}

/**
 * A sound card that nobody hears, for browsers launched after this: without one Firefox starts no
 * AudioContext. Ends with the test.
 */
export async function soundCard() {
    const socket = join(temporary(), 'pulse');
    const args = ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1'];
    args.push('--disable-shm', '-L', 'module-null-sink');
    args.push('-L', `module-native-protocol-unix socket=${socket} auth-anonymous=1`);
    const server = spawn('pulseaudio', args, { stdio: 'ignore' });
    process.on('exit', () => server.kill());
    server.unref();
    for (let i = 0; !existsSync(socket); i++) {
        if (i === 100) {
            throw new Error('pulseaudio does not start');
        }
        await sleep(100);
    }
    process.env.PULSE_SERVER = `unix:${socket}`;
}

/** Chromium: no connections of its own, sound and pictures play without a click. */
async function launchChromium() {
    const quiet = ['quic', 'gpu', 'background-networking', 'component-update', 'sync'];
    const args = quiet.map((what) => `--disable-${what}`);
    args.push('--no-first-run', '--autoplay-policy=no-user-gesture-required');
    if (process.getuid() === 0) {
        args.push('--no-sandbox');
    }
    const browser = await chromium.launch({ executablePath: program('chromium'), args });
    return { browser, page: await browser.newPage() };
}

/** Firefox by WebDriver BiDi; it trusts a certificate that a test has made. */
async function launchFirefox() {
    const browser = await puppeteer.launch({
        browser: 'firefox',
        executablePath: program('firefox-esr', 'firefox'),
        headless: true,
        acceptInsecureCerts: true,
        timeout: PATIENCE_MS,
        extraPrefsFirefox: {
            'media.autoplay.default': 0,
            'media.autoplay.blocking_policy': 0,
            'media.autoplay.block-webaudio': false,
        },
    });
    return { browser, page: await browser.newPage() };
}

const launchers = { chromium: launchChromium, firefox: launchFirefox };

/** Runs test(page, name) in one browser and closes it; returns what test returns. */
export async function withBrowser(name, test) {
    const { browser, page } = await launchers[name]();
    page.setDefaultTimeout(PATIENCE_MS);
    const errors = [];
    page.on('pageerror', (error) => {
        const words = String(error.stack ?? error);
        if (!/establish a connection to the server at ws|connection to ws\S+ was interrupted/.test(words)) { // Firefox's word, not the page's
            errors.push(`${name}: ${words}`);
        }
    });
    page.on('console', (line) => {
        if (process.env.LCT_VERBOSE) {
            console.log(`${name}: ${line.text()}`);
        }
    });
    try {
        const result = await test(page, name);
        if (errors.length > 0) {
            throw new Error(errors.join('\n'));
        }
        return result;
    } finally {
        await browser.close();
    }
}

/**
 * The browsers of a test: those named in LCT_BROWSERS, or both. Where pages are built of what other
 * tests look at in both, sample is the one of a run that is no campaign.
 */
export function browsers(sample) {
    const all = sample && !deep ? [sample] : Object.keys(launchers);
    return process.env.LCT_BROWSERS?.split(' ') ?? all;
}

/** Runs test in its browsers side by side; {name: result}. */
export async function forEachBrowser(test, sample) {
    const names = browsers(sample);
    const done = await Promise.allSettled(names.map((name) => withBrowser(name, test)));
    const failed = done.filter((one) => one.status === 'rejected').map((one) => one.reason);
    if (failed.length > 0) {
        throw failed.length === 1 ? failed[0] : new AggregateError(failed, failed.join('\n'));
    }
    return Object.fromEntries(names.map((name, i) => [name, done[i].value]));
}

/** A picture of the page for people: build/e2e/NAME.png. */
export async function shot(page, name) {
    const folder = join(source, 'build/e2e');
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`) });
}

const types = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript',
    '.mjs': 'text/javascript',
    '.css': 'text/css',
    '.mp4': 'video/mp4',
    '.m3u8': 'application/vnd.apple.mpegurl',
};

function findFile(folders, path) {
    const prefix = Object.keys(folders)
        .filter((key) => path.startsWith(key))
        .sort((a, b) => b.length - a.length)[0];
    return prefix && join(folders[prefix], normalize('/' + path.slice(prefix.length)));
}

function sendFile(request, response, file) {
    const size = statSync(file).size;
    const asked = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
    let [from, to] = [0, size - 1];
    if (asked) {
        from = asked[1] ? Number(asked[1]) : size - Number(asked[2]);
        to = asked[1] && asked[2] ? Math.min(Number(asked[2]), to) : to;
    }
    if (from > to && size > 0) {
        response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
        return;
    }
    const head = {
        'content-type': types[extname(file)] ?? 'application/octet-stream',
        'content-length': to - from + 1,
        'accept-ranges': 'bytes',
        'cache-control': 'no-store',
    };
    if (asked) {
        head['content-range'] = `bytes ${from}-${to}/${size}`;
    }
    response.writeHead(asked ? 206 : 200, head);
    if (request.method === 'HEAD' || size === 0) {
        response.end();
        return;
    }
    const stream = createReadStream(file, { start: from, end: to });
    stream.pipe(response);
    response.on('close', () => stream.destroy());
}

/**
 * Serves folders ({'/prefix/': folder}) on loopback, byte ranges included. Returns {url, close};
 * url ends with a slash.
 */
export async function serve(folders) {
    const server = createServer((request, response) => {
        const path = decodeURIComponent(new URL(request.url, 'http://x').pathname);
        const file = findFile(folders, path);
        try {
            sendFile(request, response, file);
        } catch {
            response.writeHead(404).end();
        }
    });
    await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
    const close = () =>
        new Promise((closed) => {
            server.close(closed);
            server.closeAllConnections();
        });
    return { url: `http://127.0.0.1:${server.address().port}/`, close };
}
