// SPDX-License-Identifier: GPL-3.0-or-later
//
// Firefox on the watching page, by HTTPS: pictures come by WebSocket over TLS, the sound alone by
// WebRTC. What is heard is the demo's tone and its claps.

import { inOwnNetwork } from './_net.mjs';
import { shot, soundCard, withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';
import * as w from './_watch.mjs';

inOwnNetwork(import.meta.url);

const HOST = '192.0.2.1'; // Firefox finds no way to 127.0.0.1
const TONE_HZ = 440;
const CLAP_HZ = 1000;
const NEAR_HZ = 25; // an analyser tells 23 apart

/** In the page, before its own scripts: the connections it makes. */
function keepPeers() {
    globalThis.peers = [];
    globalThis.RTCPeerConnection = class extends globalThis.RTCPeerConnection {
        constructor(...given) {
            super(...given);
            globalThis.peers.push(this);
        }
    };
}

/**
 * In the page: how often each of these frequencies (or another, or nothing) was the loudest of what its
 * element plays, from the first that was heard on; until each was heard, the first many times.
 */
async function listen({ wanted, near, often, most }) {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.smoothingTimeConstant = 0;
    context.createMediaStreamSource(document.querySelector('.pane video').srcObject).connect(analyser);
    const levels = new Float32Array(analyser.frequencyBinCount);
    const heard = { other: 0, nothing: 0, ...Object.fromEntries(wanted.map((hz) => [hz, 0])) };
    let begun = false;
    const enough = () => heard[wanted[0]] >= often && wanted.every((hz) => heard[hz] > 0);
    for (const end = performance.now() + most; !enough() && performance.now() < end;) {
        analyser.getFloatFrequencyData(levels);
        const loudest = levels.indexOf(Math.max(...levels));
        const hz = loudest * context.sampleRate / analyser.fftSize;
        const isQuiet = !(levels[loudest] > -80);
        begun ||= !isQuiet;
        heard[isQuiet ? 'nothing' : wanted.find((one) => Math.abs(one - hz) < near) ?? 'other'] += begun ? 1 : 0;
        await new Promise((done) => setTimeout(done, 10));
    }
    await context.close();
    return heard;
}

/** In the page: what the newest connection says of its sound. */
async function received() {
    const all = [...(await globalThis.peers.at(-1).getStats()).values()];
    const { kind, codecId, packetsReceived, packetsLost } = all.find((one) => one.type === 'inbound-rtp');
    const { mimeType } = all.find((one) => one.id === codecId);
    return { kind, mimeType, packetsReceived, packetsLost };
}

await soundCard();
const up = await p.startUp(['demo'], { host: HOST, https: true });
await w.startLesson(up, 'Sound');
await withBrowser('firefox', async (page) => {
    await page.evaluateOnNewDocument(keepPeers);
    await w.watch(page, { ...up, url: up.https }, 'en');
    await w.plays(page, 2);
    await w.isLive(page, 1500);
    p.check(await page.evaluate(() => isSecureContext && location.protocol === 'https:'), 'by HTTPS');
    await p.reads(page, '.path-words', /^This browser has no H\.264 over WebRTC\..* It comes by WebSocket instead\.$/);
    const began = Date.now();
    await w.view(page, 'Sound only');
    await p.reads(page, '.path-words', /^By WebRTC$/);
    const joined = Date.now() - began;
    const heard = await page.evaluate(listen, { wanted: [TONE_HZ, CLAP_HZ], near: NEAR_HZ, often: 50, most: 10000 });
    await p.until(async () => (await page.evaluate(received)).packetsReceived > 50, 'packets');
    const { kind, mimeType, packetsReceived, packetsLost } = await page.evaluate(received);
    await shot(page, 'watch-sound-firefox');
    console.log(`firefox: sound alone by WebRTC after ${joined} ms; ${packetsReceived} packets, ${packetsLost} lost; heard`, heard);
    p.check(kind === 'audio' && mimeType === 'audio/opus', `${mimeType}, by the statistics`);
    p.check(packetsLost === 0, 'none is lost');
    p.check(heard[CLAP_HZ] > 0, 'a clap is heard');
    p.check(heard[TONE_HZ] > 5 * (heard.nothing + heard.other), 'the tone is heard');
    await w.view(page, 'Large and small');
    await w.plays(page, 2);
    await p.reads(page, '.path-words', /It comes by WebSocket instead\.$/);
});
await up.close();
