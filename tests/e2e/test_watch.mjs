// SPDX-License-Identifier: GPL-3.0-or-later
//
// The page of a room's viewers on a demo lesson: it waits for the lesson, plays by the fastest way
// this browser has, and says why when that is not the fastest there is.

import { shot, withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';
import * as w from './_watch.mjs';

const up = await p.startUp(['demo']);
for (const [name, lang] of [['chromium', 'zh']]) {
    await withBrowser(name, async (page) => {
        await w.enter(page, up, lang);
        await p.reads(page, '.stage-words', /等待上课|Waiting for the lesson/);
        await shot(page, `watch-waiting-${lang}`);
        const lesson = await w.startLesson(up, '二次函数的图像');
        await w.plays(page, 2);
        await p.sleep(2500);
        await shot(page, `watch-live-${lang}`);
        console.log(`${name}: ${await p.text(page, '.path-words')}`, lesson);
        await w.stopLesson(up);
    });
}
await up.close();
