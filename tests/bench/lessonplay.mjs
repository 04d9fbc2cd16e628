// SPDX-License-Identifier: GPL-3.0-or-later
//
// lessonplay.mjs TIMES: a microlesson of eight minutes, in 96 pieces of a lesson with two pictures, in
// new browsers; a line each, {"browser", "press_ms", "seek_ms", "apart": {"playing", "sought", "fast"}}: from
// the press to both moving, from a seek over six minutes to both pictures; and, in the lesson, how far
// apart in ms the clocks of the two are at each new picture: [[ms, a picture came late], ...].

import { withBrowser } from '../e2e/_browsers.mjs';
import { watchApart } from '../e2e/_apart.mjs';
import { addTwo } from '../e2e/_two.mjs';
import { decodeClock } from '../e2e/player/clock.mjs';
import * as p from '../e2e/_page.mjs';

const PIECE_NS = 5e9;
const LOOKS_MS = 8000;

const up = await p.startUp(['demo']);
const { id } = addTwo(up, 'hd');
const pieces = Array.from({ length: 96 }, (_, i) => {
    const from = 1.1e9 * (i % 15);
    return { lesson: id, from_ns: from, to_ns: from + PIECE_NS };
});
const answer = await fetch(`${up.url}api/v1/clips`, { method: 'POST', body: JSON.stringify({ edl: { pieces } }),
    headers: { Authorization: `Bearer ${up.code}`, 'Content-Type': 'application/json' } });
const clip = (await answer.json()).id;

/** Does act and waits until test holds of all elements; ms. */
const until = (page, act, test) => page.evaluate(({ act: does, test: holds }) => new Promise((done) => {
    const all = Array.from(document.querySelectorAll('.pane video'));
    const check = new Function('one', `return ${holds}`);
    const begun = performance.now();
    new Function(does)();
    const timer = setInterval(() => {
        if (all.every(check)) {
            clearInterval(timer);
            done(performance.now() - begun);
        }
    }, 2);
}), { act, test });

const seek = (at) => `const bar = document.querySelector('.watch-place');
    bar.value = ${at}; bar.dispatchEvent(new Event('input', { bubbles: true }));`;
const ready = (from) => `one.currentTime > ${from} && one.readyState >= 3 && !one.seeking`;
const apart = async (page) => (await page.evaluate(watchApart, { ms: LOOKS_MS, decode: decodeClock.toString() }))
    .map((one) => [Math.abs(one.apart), one.late]);

for (let i = 0; i < Number(process.argv[2]); i++) {
    for (const name of ['chromium', 'firefox']) {
        await withBrowser(name, async (page) => {
            await page.goto(`${up.url}?code=${up.code}`);
            await page.goto(`${up.url}lessons/${clip}`);
            await page.waitForSelector('.big-play');
            const press = await until(page, 'document.querySelector(".act-play").click()', 'one.currentTime > 1.03');
            const far = await until(page, seek(400), ready(401));
            await page.goto(`${up.url}lessons/${id}`); // no joins: there both need not be on one side
            await page.waitForSelector('.big-play');
            await until(page, 'document.querySelector(".act-play").click()', 'one.currentTime > 1.03');
            const playing = await apart(page);
            await until(page, seek(1.5), ready(2.5));
            const sought = await apart(page);
            await until(page, seek(0), ready(1));
            await page.evaluate(() => {
                const speed = document.querySelector('.act-speed select');
                speed.value = '2';
                speed.dispatchEvent(new Event('change', { bubbles: true }));
            });
            const fast = await apart(page);
            console.log(JSON.stringify({ browser: name, press_ms: press, seek_ms: far, apart: { playing, sought, fast } }));
        });
    }
}
await up.close();
