// SPDX-License-Identifier: GPL-3.0-or-later
//
// A bad line between a browser and the server's UDP port (tests/tools/lossyrelay), and what WebRTC
// says of the way it came by; a narrow one to its TCP port; and a film that fills them.
//
//   const line = await openLine(await udpPort(page), { loss: 5, delay: 40, jitter: 15 });
//   await throughLine(page, line);
//   line.order('cut 30000');
//   const done = await line.close();                    // the relay's counters
//
//   const line = await openTcpLine(port);
//   line.bps = 1000000;

import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { join } from 'node:path';
import { source, temporary } from './_browsers.mjs';
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

const TICK_MS = 20;

/** A line to the server at port, which lets so many bits a second through to the browser. */
export async function openTcpLine(port) {
    const line = { bps: Infinity };
    const pieces = []; // [socket, bytes], on their way
    let credit = 0;
    const relay = net.createServer((near) => {
        const far = net.connect(port, '127.0.0.1');
        near.pipe(far);
        far.on('data', (bytes) => {
            far.pause(); // what waits does so at the server
            pieces.push({ near, far, bytes });
        });
        for (const [one, other] of [[near, far], [far, near]]) {
            one.on('error', () => other.destroy()).on('close', () => other.destroy());
        }
    });
    const timer = setInterval(() => {
        credit = Math.min(credit + line.bps / 8 * TICK_MS / 1000, line.bps / 8);
        while (pieces.length > 0 && credit > 0) {
            const piece = pieces[0];
            const n = Math.min(piece.bytes.length, credit === Infinity ? piece.bytes.length : Math.ceil(credit));
            piece.near.write(piece.bytes.subarray(0, n));
            piece.bytes = piece.bytes.subarray(n);
            credit -= n;
            if (piece.bytes.length === 0) {
                pieces.shift();
                piece.far.resume();
            }
        }
    }, TICK_MS);
    await new Promise((done) => relay.listen(0, '127.0.0.1', done));
    line.url = `http://127.0.0.1:${relay.address().port}/`;
    line.close = () => {
        clearInterval(timer);
        relay.close();
    };
    return line;
}

/** A film that the recorder codes to 1.4 Mbit/s, with a tone. */
export function noisyFilm() {
    const film = join(temporary(), 'film.mp4');
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=640x480:r=30:d=4,noise=alls=60:allf=t', '-f', 'lavfi',
        '-i', 'sine=r=48000:d=4', '-c:v', 'mjpeg', '-q:v', '5', '-c:a', 'aac', film]);
    return film;
}
