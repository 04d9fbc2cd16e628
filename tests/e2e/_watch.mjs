// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the tests of the watching page share: a lesson without the recording page, and eyes for what
// several elements show.
//
//   const id = await startLesson(up, 'Title');
//   await watch(page, up, 'zh');
//   await plays(page, 2);

import * as p from './_page.mjs';

const ask = (up, method, path, body) => fetch(`${up.url}api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
});

/** Begins a lesson in the room "main" as soon as its recorder is there; its id. */
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

/** Marks this moment of the lesson. */
export async function mark(up, label) {
    const { status } = await ask(up, 'POST', '/rooms/main/marks', { label });
    p.check(status === 201, `the mark: ${status}`);
}

/** Opens the page of the room "main" with the code, in a language. */
export async function watch(page, up, lang = 'zh') {
    await page.goto(`${up.url}?code=${up.code}`);
    await page.goto(`${up.url}watch/main`);
    await page.waitForSelector('.watch-acts');
    await p.speak(page, lang);
}

/** How many pictures each element has shown. */
export const frames = (page) => page.evaluate(() => Array.from(document.querySelectorAll('.pane video'),
    (video) => video.getVideoPlaybackQuality().totalVideoFrames));

/** What each element is at, for who asks why nothing is shown. */
const elements = (page) => page.evaluate(() => Array.from(document.querySelectorAll('.pane video'), (video) => ({
    at: video.currentTime, state: video.readyState, width: video.videoWidth, paused: video.paused, seeking: video.seeking,
    buffered: Array.from(video.buffered, (_, i) => [video.buffered.start(i), video.buffered.end(i)]),
    frames: video.getVideoPlaybackQuality().totalVideoFrames, words: document.querySelector('.stage-words')?.textContent,
})));

/** Waits until n elements show pictures and no words stand before them. */
export async function plays(page, n, seconds = 15) {
    try {
        await p.until(async () => {
            const all = await elements(page);
            return all.length === n && all.every((one) => one.width > 2 && one.frames > 0 && !one.words);
        }, `${n} pictures`, seconds);
    } catch (error) {
        throw new Error(`${error.message}: ${JSON.stringify(await elements(page))}`);
    }
}

/** Waits until the camera's picture is less than so many milliseconds behind the room. */
export const isLive = (page, late, seconds = 15) => p.until(async () => {
    const clock = await p.demoClock(page);
    return clock >= 0 && p.behind(Number(process.hrtime.bigint() / 1000000n), clock) < late;
}, `a picture less than ${late} ms old`, seconds);

/** Presses the button of the view with these words. */
export async function view(page, words) {
    await page.evaluate((wanted) => Array.from(document.querySelectorAll('.views .act'))
        .find((button) => button.textContent.trim() === wanted).click(), words);
}

/** Waits until the first element shows the picture of its time in the lesson. */
export const isRight = (page, up, id) => p.until(async () => {
    const before = await p.videoTime(page);
    const clock = await p.demoClock(page);
    const after = await p.videoTime(page); // it plays while we look
    const late = (time) => p.behind(up.zeroMs(id) + 1000 * time, clock);
    return clock >= 0 && late(after) > -150 && late(before) < 150;
}, 'the picture of its time');

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
