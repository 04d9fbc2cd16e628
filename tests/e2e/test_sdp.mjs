// SPDX-License-Identifier: GPL-3.0-or-later
//
// Our answers to the offers that the browsers make: taken by the browser that asked, with every line
// that can be played on, and the others off.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { forEachBrowser } from './_browsers.mjs';

const answerOf = (offer) => execFileSync(join(process.env.LCT_TOOLS, 'sdpanswer'), { input: offer, encoding: 'utf8' });

/** In the page: an offer of these kinds of lines; the connection is kept for answer(). */
async function offer({ kinds, direction, config }) {
    window.connection = new RTCPeerConnection(config);
    window.streams = [];
    window.connection.ontrack = (event) => window.streams.push(...event.streams.map((stream) => stream.id));
    for (const kind of kinds) {
        if (kind === 'application') {
            window.connection.createDataChannel('data');
        } else {
            window.connection.addTransceiver(kind, { direction });
        }
    }
    await window.connection.setLocalDescription(await window.connection.createOffer());
    return window.connection.localDescription.sdp;
}

/** In the page: takes our answer; what the browser made of it. Firefox does not tell extensions. */
async function answer(sdp) {
    await window.connection.setRemoteDescription({ type: 'answer', sdp });
    const lines = window.connection.getTransceivers().map(({ currentDirection, receiver }) => ({
        kind: receiver.track.kind,
        direction: currentDirection,
        extensions: receiver.getParameters().headerExtensions?.map(({ uri }) => uri),
    }));
    const { signalingState: state } = window.connection;
    window.connection.close();
    return { lines, state, streams: window.streams };
}

const web = 'http://www.webrtc.org/experiments/rtp-hdrext';
const written = {
    audio: ['urn:ietf:params:rtp-hdrext:sdes:mid', `${web}/abs-send-time`],
    video: ['urn:ietf:params:rtp-hdrext:sdes:mid', `${web}/abs-send-time`, `${web}/playout-delay`],
};

const shapes = [
    { kinds: ['video', 'audio'], direction: 'recvonly' },
    { kinds: ['audio', 'video', 'application'], direction: 'sendrecv' },
    { kinds: ['application', 'video', 'video', 'audio'], direction: 'recvonly', config: { bundlePolicy: 'max-bundle' } },
    { kinds: ['video', 'video', 'audio'], direction: 'recvonly', config: { bundlePolicy: 'max-compat' } },
    { kinds: ['audio', 'video', 'video', 'video', 'video', 'audio', 'audio', 'audio'], direction: 'recvonly' },
];

await forEachBrowser(async (page, name) => {
    await page.goto('about:blank');
    for (const shape of shapes) {
        const theirs = await page.evaluate(offer, shape);
        const ours = answerOf(theirs);
        const { state, lines, streams } = await page.evaluate(answer, ours);
        const what = `${name}, ${shape.kinds}: ${JSON.stringify(lines)}\n${ours}`;
        const plays = (kind) => kind === 'audio' || theirs.includes('H264');
        assert.equal(state, 'stable', what);
        assert.equal(lines.length, shape.kinds.filter((kind) => kind !== 'application').length, what);
        for (const { kind, direction, extensions } of lines) {
            assert.equal(direction === 'recvonly', plays(kind), what);
            for (const uri of plays(kind) && extensions ? written[kind] : []) {
                assert(extensions.includes(uri), `${uri}, ${what}`);
            }
        }
        assert.deepEqual([...new Set(streams)], ['lesson'], what); // they are played in step
    }
    console.log(`${name}: ${shapes.length} answers taken`);
});
