// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the tests of the watching page share.

import * as p from './_page.mjs';

/** Opens the page of the room "main" with the code, in a language. */
export async function enter(page, up, lang = 'zh') {
    await page.goto(`${up.url}?code=${up.code}`);
    await page.goto(`${up.url}watch/main`);
    await page.waitForSelector('.watch-acts');
    await p.speak(page, lang);
}

const ask = (up, method, path, body) => fetch(`${up.url}api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
});

/** Begins a lesson in the room "main" when its recorder is there; its id. */
export async function startLesson(up, title) {
    const begun = await p.until(async () => {
        const answer = await ask(up, 'POST', '/rooms/main/recording', { title });
        return answer.status === 201 && answer.json();
    }, 'a lesson');
    return begun.lesson;
}

export async function stopLesson(up) {
    const { status } = await ask(up, 'DELETE', '/rooms/main/recording');
    p.check(status === 200, `the lesson is stopped: ${status}`);
}

/** How many pictures each element has shown. */
export const frames = (page) => page.evaluate(() => Array.from(document.querySelectorAll('.pane video'),
    (video) => video.getVideoPlaybackQuality().totalVideoFrames));

/** Waits until n elements have shown pictures. */
export const plays = (page, n, seconds = 15) =>
    p.until(async () => (await frames(page)).filter((count) => count > 0).length === n, `${n} pictures`, seconds);

/**
 * In the page: watches by WebRTC without the watching page, each track in an element of its own. The
 * connection is globalThis.watching; returns when it stood and when each track showed a picture.
 */
export async function joinByWhep(tracks) {
    const { watchByWhep } = await import('/lib/whep.js');
    const started = performance.now();
    globalThis.watching = await watchByWhep('main', tracks, () => (globalThis.lost = true));
    const connected = performance.now() - started;
    document.body.replaceChildren();
    const shown = [...globalThis.watching.media].map(([name, track]) => {
        const element = document.createElement(track.kind);
        element.id = name;
        element.muted = true;
        element.srcObject = new MediaStream([track]);
        document.body.append(element);
        return { name, kind: track.kind, playing: element.play(), element };
    });
    const first = {};
    await Promise.all(shown.filter((one) => one.kind === 'video').map(({ name, element }) =>
        new Promise((done) => element.requestVideoFrameCallback(() => {
            first[name] = performance.now() - started;
            done();
        }))));
    return { connected, first };
}
