// SPDX-License-Identifier: GPL-3.0-or-later
//
// A demo lesson live by WebRTC in Chromium: camera, screen and sound in one connection, decoded; how
// long until the first picture, and how far what is shown stands behind what was captured, read from
// the pixels of the demo's clock.

import { withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';
import { joinByWhep } from './_watch.mjs';

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const monotonic = () => Number(process.hrtime.bigint() / 1000000n);

async function stats() {
    const all = [...(await globalThis.watching.peer.getStats()).values()];
    const of = (kind) => all.filter((one) => one.type === 'inbound-rtp' && one.kind === kind);
    const { srtpCipher, dtlsCipher } = all.find((one) => one.type === 'transport');
    return {
        srtpCipher, dtlsCipher,
        video: of('video').map(({ framesDecoded, framesDropped, packetsLost, frameWidth, keyFramesDecoded, freezeCount }) =>
            ({ framesDecoded, framesDropped, packetsLost, frameWidth, keyFramesDecoded, freezeCount })),
        audio: of('audio').map(({ packetsReceived, packetsLost, concealedSamples, totalSamplesReceived, silentConcealedSamples }) =>
            ({ packetsReceived, packetsLost, concealedSamples, totalSamplesReceived, silentConcealedSamples })),
    };
}

const up = await p.startUp(['demo']);
await withBrowser('chromium', async (page) => {
    await p.enter(page, up);
    await p.record(page, '直播');
    await p.sleep(3000);
    for (const round of [1, 2]) {
        const joined = await page.evaluate(joinByWhep, ['camera', 'screen', 'sound']);
        console.log(`join ${round}: connected after ${joined.connected.toFixed(0)} ms, first pictures`, joined.first);
        if (round === 1) {
            await page.evaluate(() => globalThis.watching.close());
        }
    }
    await p.sleep(2000);
    const late = [];
    for (let i = 0; i < 20; i++) {
        const clock = await p.demoClock(page);
        late.push(p.behind(monotonic(), clock));
        await p.sleep(137);
    }
    console.log(`behind the capture: ${median(late)} ms (${Math.min(...late)}..${Math.max(...late)})`);
    await p.sleep(3000);
    const seen = await page.evaluate(stats);
    console.log(JSON.stringify(seen));
    p.check(seen.srtpCipher === 'SRTP_AEAD_AES_128_GCM' || seen.srtpCipher === 'AEAD_AES_128_GCM', seen.srtpCipher);
    p.check(seen.video.length === 2 && seen.audio.length === 1, 'three streams');
    p.check(Math.max(...seen.video.map((one) => one.framesDecoded)) > 120, 'the camera moves');
    p.check(seen.video.every((one) => one.packetsLost === 0), 'no packet is lost');
    p.check(seen.audio[0].packetsReceived > 200 && seen.audio[0].packetsLost === 0, 'sound flows');
    p.check(median(late) < 500, 'what is shown is late');
    p.check(!(await page.evaluate(() => globalThis.lost ?? false)), 'the connection holds');
});
await up.close();
