// SPDX-License-Identifier: GPL-3.0-or-later
//
// editopen.mjs URL CODE LESSON TIMES: opens the editor of a lesson in a new Chromium each time; a line
// each, {"ms", "bytes"}: from the press on the link to waveform and thumbnails on the screen, and all
// bytes that came for it.

import { withBrowser } from '../e2e/_browsers.mjs';

const [url, code, lesson, times] = process.argv.slice(2);

for (let i = 0; i < Number(times); i++) {
    await withBrowser('chromium', async (page) => {
        await page.setExtraHTTPHeaders({ Authorization: `Bearer ${code}` });
        await page.goto(`${url}edit/${lesson}`, { waitUntil: 'commit' });
        const seen = await page.evaluate(() => new Promise((done) => {
            const came = (part) => performance.getEntriesByType('resource').some((one) => one.name.includes(part) && one.responseEnd > 0);
            /** Is anything drawn in these rows of the time line? */
            const drawn = (canvas, top, rows) => canvas.getContext('2d')
                .getImageData(0, top * devicePixelRatio, canvas.width, rows).data
                .some((value, k) => k % 4 < 3 && value > 50); // the ground is darker
            function look() {
                const canvas = document.querySelector('.edit-canvas');
                if (canvas && canvas.width > 0 && document.querySelector('.edit-empty') && came('/thumbs?') && came('/waveform?')
                    && drawn(canvas, 40, 1) && drawn(canvas, 22 + 54 + 41, 2)) {
                    const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
                    done({ ms: performance.now(), bytes: all.reduce((sum, one) => sum + one.transferSize, 0) });
                } else {
                    requestAnimationFrame(look);
                }
            }
            look();
        }));
        console.log(JSON.stringify(seen));
    });
}
