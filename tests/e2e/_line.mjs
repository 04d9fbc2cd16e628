// SPDX-License-Identifier: GPL-3.0-or-later
//
// A bad line between a browser and the server's UDP port (tests/tools/lossyrelay), and what WebRTC
// says of the way it came by.
//
//   const line = await openLine(await udpPort(page), { loss: 5, delay: 40, jitter: 15 });
//   await throughLine(page, line);
//   line.order('cut 30000');
//   const done = await line.close();                    // the relay's counters

import { join } from 'node:path';
import { source } from './_browsers.mjs';
import * as p from './_page.mjs';

const tools = process.env.LCT_TOOLS ?? join(source, 'build/tests');

/** A relay to the server's UDP port with these settings, each an option of the relay. */
export async function openLine(port, settings) {
    const args = ['--to', String(port)];
    args.push(...Object.entries(settings).map(([name, value]) => value === true ? `--${name}` : `--${name}=${value}`));
    const relay = p.start(join(tools, 'lossyrelay'), args, { stdio: ['pipe', 'pipe', 'pipe'] });
    await p.until(() => relay.out.includes('\n'), `the relay: ${relay.words}`);
    return {
        port: JSON.parse(relay.out.split('\n')[0]).port,
        order: (line) => relay.child.stdin.write(`${line}\n`),
        async close() {
            relay.child.stdin.end();
            await p.until(() => relay.out.trim().includes('\n'), 'the relay to end');
            await relay.close();
            return JSON.parse(relay.out.trim().split('\n')[1]);
        },
    };
}

/** The server's UDP port, from an answer to an offer of the browser's. */
export const udpPort = (page) => page.evaluate(async () => {
    const peer = new RTCPeerConnection();
    peer.addTransceiver('video', { direction: 'recvonly' });
    await peer.setLocalDescription();
    const answer = await fetch('/api/v1/live/main/whep?track=camera', {
        method: 'POST',
        headers: { 'Content-Type': 'application/sdp' },
        body: peer.localDescription.sdp,
    });
    peer.close();
    fetch(answer.headers.get('Location'), { method: 'DELETE' });
    return Number(/^a=candidate:\S+ 1 udp \d+ \S+ (\d+)/m.exec(await answer.text())[1]);
});

function rewire(port) {
    globalThis.lct_fetch ??= globalThis.fetch;
    globalThis.fetch = async (address, options) => {
        const answer = await globalThis.lct_fetch(address, options);
        if (answer.status !== 201 || !String(address).includes('/whep')) {
            return answer;
        }
        const [first, ...more] = (await answer.text()).split(/^a=candidate:.*\r\n/m);
        const sdp = `${first}a=candidate:1 1 udp 1 127.0.0.1 ${port} typ host\r\n${more.join('')}`;
        return new Response(sdp, { status: answer.status, headers: answer.headers });
    };
}

/** Has the page's connections go through the line: the server's answers name it and nothing else. */
export const throughLine = (page, line) => page.evaluate(rewire, line.port);

/** The same for pages that are opened after this (Chromium). */
export const throughLineFromStart = (page, line) => page.addInitScript(rewire, line.port);

/** In the page: the counters of the connection in globalThis.watching, video's and sound's. */
export async function lineStats() {
    const all = [...(await globalThis.watching.peer.getStats()).values()];
    const sums = (kind, names) => {
        const some = all.filter((one) => one.type === 'inbound-rtp' && one.kind === kind);
        return Object.fromEntries(names.map((name) => [name, some.reduce((sum, one) => sum + (one[name] ?? 0), 0)]));
    };
    return {
        ...sums('video', ['framesDecoded', 'framesDropped', 'freezeCount', 'totalFreezesDuration', 'nackCount',
            'pliCount', 'keyFramesDecoded', 'packetsLost', 'retransmittedPacketsReceived', 'bytesReceived']),
        ...sums('audio', ['totalSamplesReceived', 'concealedSamples', 'silentConcealedSamples',
            'concealmentEvents', 'jitterBufferDelay', 'jitterBufferEmittedCount']),
        soundLost: sums('audio', ['packetsLost']).packetsLost,
    };
}
