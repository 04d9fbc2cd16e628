// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who watches and may not any more: the link is revoked or its time is over, or the room is public no
// longer. By each way the page says so in words within seconds, and asks the server for nothing more.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serve, shot, temporary, withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';
import * as w from './_watch.mjs';

const QUIET_MS = 3500; // longer than the pause between two tries of whatever is tried again

const ask = async (up, method, path, body) => {
    const answer = await fetch(`${up.url}api/v1/rooms/main${path}`, {
        method,
        headers: { Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/json' },
        body: body && JSON.stringify(body),
    });
    p.check(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.json().catch(() => null);
};

/** In the page: WebRTC has no H.264 here; and no WebSocket lives there. */
const NO_WEBRTC = 'delete window.RTCRtpReceiver;';
const NO_WEBSOCKET = `{
    const Real = WebSocket;
    window.WebSocket = class extends Real {
        constructor(url) { super(String(url).replace(/\\/ws\\?/, '/none?')); }
    };
}`;

const WAYS = {
    webrtc: { shows: /WebRTC/, without: '' },
    websocket: { shows: /WebSocket/, without: NO_WEBRTC },
    hls: { shows: /HLS/, without: NO_WEBRTC + NO_WEBSOCKET },
};

const ENDED = {
    revoked: { zh: /观看链接已失效/, en: /not good any more/ },
    expired: { zh: /观看链接已过期/, en: /has expired/ },
    closed: { zh: /已取消公开/, en: /not public, or not any more/ },
};

/** Watches by a way as one who was given the address; what the page asks for is listed. */
async function comeIn(page, up, address, { shows, without }, asked) {
    await page.addInitScript(without);
    await page.goto(new URL(address, up.url).href);
    await page.waitForSelector('.watch-acts');
    await p.speak(page, 'zh');
    await w.plays(page, 2, 30);
    await p.reads(page, '.path-words', shows);
    page.on('request', (request) => asked.push(request.url()));
    page.on('websocket', (socket) => asked.push(socket.url()));
}

/** The page says why, shows and offers nothing more, and asks for nothing more. */
async function isTold(page, name, words, asked) {
    await p.reads(page, '.stage-words', words.zh, 10);
    p.check(!(await p.has(page, 'video, .watch-foot, .on-air, .again')), `${name}: nothing is left of the lesson`);
    await p.speak(page, 'en');
    await p.reads(page, '.stage-words', words.en);
    asked.length = 0;
    await p.sleep(QUIET_MS);
    p.check(asked.length === 0, `${name}: it asks for more: ${asked}`);
    for (const size of ['phone', 'desk']) {
        await p.resize(page, size);
        await shot(page, `watch-ended-${name}-${size}`);
    }
}

async function isEnded(up, name, way, address, words, end) {
    await withBrowser('chromium', async (page) => {
        const asked = [];
        await comeIn(page, up, address, way, asked);
        await end(page);
        const began = Date.now();
        await isTold(page, name, words, asked);
        console.log(`${name}: told within ${Date.now() - began - QUIET_MS} ms`);
    });
}

async function rewind(page) {
    await page.keyboard.press('ArrowLeft');
    await page.waitForSelector('.from-tape');
    await w.plays(page, 2);
}

/** Another site's page, in whose frame the room was: there, too, stand words and no blank. */
async function inFrame(up, address) {
    const folder = temporary();
    writeFileSync(join(folder, 'page.html'), `<iframe width="600" height="300" src="${address}"></iframe>`);
    const site = await serve({ '/': folder });
    await withBrowser('chromium', async (page) => {
        await page.goto(`${site.url}page.html`);
        const frame = page.frames().find((one) => one !== page.mainFrame());
        await p.until(() => frame.evaluate(() => /已失效[^]*not good any more/.test(document.querySelector('main')?.textContent)),
            'words in the frame');
        await shot(page, 'watch-ended-frame');
    });
    await site.close();
}

const up = await p.startUp(['demo']);
await w.startLesson(up, '第一课');
const makeLink = (seconds) => ask(up, 'POST', '/links', { seconds });
const revoke = (id) => ask(up, 'DELETE', `/links/${id}`);

async function revoked(name) {
    const { id, url } = await makeLink(600);
    await isEnded(up, name, WAYS[name], url, ENDED.revoked, () => revoke(id));
}

async function revokedBehind() {
    const rewound = await makeLink(600);
    await isEnded(up, 'rewind', WAYS.webrtc, rewound.url, ENDED.revoked, async (page) => {
        await rewind(page);
        await revoke(rewound.id);
    });
    await inFrame(up, new URL(rewound.url, up.url).href);
}

/** While it lasts: what is opened with it plays before it is over. */
async function expired() {
    const short = await makeLink(20);
    await isEnded(up, 'expired', WAYS.websocket, short.url, ENDED.expired, () => p.sleep(Date.parse(short.expires) - Date.now()));
}

await Promise.all([
    revoked('webrtc').then(() => revoked('hls')),
    revoked('websocket').then(revokedBehind),
    expired(),
]);
await ask(up, 'PUT', '/public', { public: true });
await isEnded(up, 'closed', WAYS.webrtc, '/watch/main', ENDED.closed, () => ask(up, 'PUT', '/public', { public: false }));
await up.close();
