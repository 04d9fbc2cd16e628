// SPDX-License-Identifier: GPL-3.0-or-later
//
// A player on a page of another site: it watches a room by WHEP with a bearer token, leaves, and can
// do and read nothing else.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serve, temporary, withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';
import { startLesson, stopLesson } from './_watch.mjs';

const up = await p.startUp(['demo']);
const folder = temporary();
writeFileSync(join(folder, 'player.html'), '<!doctype html><video autoplay muted></video>');
const site = await serve({ '/': folder });
await startLesson(up, '别处的播放器');

/** In the page: what a player there is answered, step by step. */
async function play({ base, code }) {
    const video = document.querySelector('video');
    const line = new RTCPeerConnection();
    line.addTransceiver('video', { direction: 'recvonly' });
    line.ontrack = ({ track }) => (video.srcObject = new MediaStream([track]));
    await line.setLocalDescription();
    const bearer = { Authorization: `Bearer ${code}` };
    const offer = (headers) => fetch(`${base}api/v1/live/main/whep?track=camera`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/sdp', ...headers },
        body: line.localDescription.sdp,
    });
    const seen = { stranger: (await offer({})).status };
    const answer = await offer(bearer);
    seen.let_in = answer.status;
    await line.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
    const end = Date.now() + 15000;
    while (video.getVideoPlaybackQuality().totalVideoFrames < 10 && Date.now() < end) {
        await new Promise((done) => setTimeout(done, 50));
    }
    seen.pictures = video.getVideoPlaybackQuality().totalVideoFrames >= 10;
    const viewer = new URL(answer.headers.get('Location'), base);
    const trickle = { ...bearer, 'Content-Type': 'application/trickle-ice-sdpfrag' };
    seen.trickle = (await fetch(viewer, { method: 'PATCH', headers: trickle, body: 'a=end-of-candidates\r\n' })).status;
    seen.left = (await fetch(viewer, { method: 'DELETE', headers: bearer })).status;
    const ask = (path, how) => fetch(`${base}api/v1${path}`, { headers: bearer, ...how }).then(() => 'answered', () => 'kept out');
    seen.rooms = await ask('/rooms');
    seen.stop = await ask('/rooms/main/recording', { method: 'DELETE' });
    return JSON.stringify(seen);
}

await withBrowser('chromium', async (page) => {
    await page.goto(`${site.url}player.html`);
    const seen = await page.evaluate(play, { base: up.url, code: up.code });
    const wanted = JSON.stringify({
        stranger: 401, let_in: 201, pictures: true, trickle: 405, left: 200, rooms: 'kept out', stop: 'kept out',
    });
    p.check(seen === wanted, `${seen}, not ${wanted}`);
});
await stopLesson(up); // it was not stopped from there
await site.close();
await up.close();
