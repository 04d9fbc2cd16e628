// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the watching page does when something dies: no UDP, the server, the recorder, the network.
// Each time it says so, and plays on by itself. A campaign (LCT_DEEP) takes the network for 30 s.

import { inOwnNetwork, network } from './_net.mjs';
import { browsers, shot, withBrowser } from './_browsers.mjs';
import * as p from './_page.mjs';
import * as w from './_watch.mjs';

inOwnNetwork(import.meta.url);

const LATE_MS = 2000;
const AWAY_MS = p.deep ? 30000 : 2000;

/** A network that lets no UDP through: what the server offers leads nowhere. */
const NO_UDP = `{
    const set = RTCPeerConnection.prototype.setRemoteDescription;
    RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
        return set.call(this, { type, sdp: sdp.replace(/^(a=candidate:\\S+ \\d+ udp \\d+ \\S+) \\d+/gm, '$1 9') });
    };
}`;

async function withoutUdp(page, up) {
    await page.addInitScript(NO_UDP);
    const began = Date.now();
    await w.watch(page, up, 'zh');
    await w.plays(page, 2);
    await p.reads(page, '.path-words', /^这里的网络不允许 UDP，.*已改用 WebSocket。$/);
    await shot(page, 'watch-no-udp-zh');
    console.log(`chromium: without UDP ${await p.text(page, '.path-words')} (${Date.now() - began} ms)`);
}

async function serverDies(page, up) {
    up.hold();
    process.kill(up.pidOf('lectern-server'), 'SIGKILL');
    await p.reads(page, '.stage-words', /连接已断开/, 20);
    await shot(page, 'watch-lost-zh');
    await p.sleep(2000);
    up.release();
    await w.plays(page, 2, 30);
    await w.isLive(page, LATE_MS);
    console.log('chromium: the server died, and came back');
}

async function recorderDies(page, up) {
    up.hold();
    process.kill(up.pidOf('lectern-recorder'), 'SIGKILL');
    await p.reads(page, '.stage-words', /没有信号/, 20);
    await shot(page, 'watch-away-zh');
    await p.sleep(1000);
    up.release();
    await w.plays(page, 2, 30);
    await w.isLive(page, LATE_MS);
    p.check(up.lessons().length === 1, 'one lesson');
    console.log('chromium: the recorder died, and came back');
}

/** The network is gone without a word, or the server stands still, and is back after a while. */
async function goneForAWhile(page, name, what, take, give) {
    const way = await p.text(page, '.path-words');
    take();
    await p.reads(page, '.stage-words', /网络没有数据过来|正在连接|连接已断开/, 20);
    await shot(page, `watch-silent-${name}`);
    await p.sleep(AWAY_MS);
    give();
    const back = Date.now();
    await w.plays(page, 2, 30);
    await w.isLive(page, LATE_MS);
    console.log(`${name}: ${what}, and came back (${Date.now() - back} ms)`);
    await p.until(async () => (await p.text(page, '.path-words')) === way, `the way it came by before: ${way}`);
}

async function outages(page, up, name) {
    const line = network(new URL(up.url).port);
    const server = up.pidOf('lectern-server');
    await w.watch(page, up, 'zh');
    await w.plays(page, 2);
    await p.sleep(1000);
    await goneForAWhile(page, name, 'the network was gone', line.cut, line.mend);
    await goneForAWhile(page, name, 'the server stood still',
        () => process.kill(server, 'SIGSTOP'), () => process.kill(server, 'SIGCONT'));
}

/** The browser itself knows that there is no network. */
async function offline(page, up) {
    await page.context().setOffline(true);
    const line = network(new URL(up.url).port);
    line.cut();
    await p.reads(page, '.stage-words', /本机没有连上网络/);
    await shot(page, 'watch-offline-zh');
    line.mend();
    await page.context().setOffline(false);
    await w.plays(page, 2, 30);
    await w.isLive(page, LATE_MS);
    console.log('chromium: was offline, and came back');
}

/** A room of its own, in which a lesson runs. */
async function inRoom(name, test) {
    const up = await p.startUp(['demo']);
    await w.startLesson(up, '断线');
    await withBrowser(name, (page) => test(page, up, name));
    await up.close();
}

await Promise.all([
    ...(browsers('chromium').includes('firefox') ? [inRoom('firefox', outages)] : []),
    inRoom('chromium', async (page, up, name) => {
        await outages(page, up, name);
        await offline(page, up);
    }),
    inRoom('chromium', async (page, up) => {
        await withoutUdp(page, up);
        await serverDies(page, up);
        await recorderDies(page, up);
    }),
]);
