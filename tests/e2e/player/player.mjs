// SPDX-License-Identifier: GPL-3.0-or-later
//
// The three ways a tape is played in a browser (chunk by chunk through MSE, HLS, a file), and what
// is seen and heard meanwhile. Tests call these functions in the page: window.player.live(…).

import { readPicture } from './clock.mjs';
import { codecOf, parseIndex } from './tape.mjs';

const video = document.querySelector('video');
const AAC_FRAME = 1024 / 48000;

const sleep = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
const event = (name, on = video) =>
    new Promise((done) => on.addEventListener(name, done, { once: true }));

/** Rejects when promise takes longer: a page that hangs is a test that says why. */
function within(seconds, promise, what) {
    const late = sleep(seconds).then(() => {
        const ranges = Array.from(video.buffered, (_, i) => i);
        throw new Error(
            `${what}: not within ${seconds} s; time ${video.currentTime}, ready ${video.readyState}, ` +
                `buffered ${ranges.map((i) => `${video.buffered.start(i)}-${video.buffered.end(i)}`)}, ` +
                `error ${video.error?.message}`,
        );
    });
    return Promise.race([promise, late]);
}

/* ---- what is seen and heard ---- */

const seen = []; // {media, code, flash, at, late}; late: seconds behind the player's own time
const heard = []; // {at, media}
const waits = []; // media times at which the player ran dry

video.addEventListener('waiting', () => !video.seeking && waits.push(video.currentTime));

function look(now, about) {
    const { code, flash } = readPicture(video);
    const [media, at] = [about.mediaTime, about.expectedDisplayTime ?? now];
    seen.push({ media, code, flash, at, late: video.currentTime - media });
    video.requestVideoFrameCallback(look);
}
video.requestVideoFrameCallback(look);

/** From now on claps are heard as well. */
export async function listen() {
    const context = new AudioContext({ sampleRate: 48000 });
    await context.audioWorklet.addModule('ear.mjs');
    const ear = new AudioWorkletNode(context, 'ear');
    ear.port.onmessage = ({ data: time }) => {
        const ago = context.currentTime - time;
        const media = video.currentTime - ago * video.playbackRate;
        heard.push({ at: performance.now() - 1000 * ago, media });
    };
    context.createMediaElementSource(video).connect(ear).connect(context.destination);
    await context.resume();
}

/** What was seen and heard since the last call. */
export function report() {
    return { seen: seen.splice(0), heard: heard.splice(0), waits: waits.splice(0) };
}

/* ---- live: each chunk when it is due ---- */

async function fetchBytes(url) {
    const response = await fetch(url);
    if (!response.ok) {
        throw new Error(`${url}: ${response.status}`);
    }
    return new Uint8Array(await response.arrayBuffer());
}

/** A track's chunks: {time, promised, arrives, init, bytes}. */
async function loadTrack({ url, reels }) {
    const chunks = [];
    for (const reel of reels) {
        const what = ['.index', '.init.mp4', '.mp4'];
        const [index, init, bytes] = await Promise.all(what.map((w) => fetchBytes(url + reel + w)));
        const { rows, codec } = parseIndex(index);
        for (const row of rows) {
            // a picture when it was taken, sound when its last sample was and the encoder's delay over
            const arrives = row.time + (codec === 0 ? 0 : (row.samples + 1) * AAC_FRAME);
            chunks.push({ ...row, arrives, init, bytes: bytes.subarray(row.offset, row.offset + row.n) });
        }
    }
    return chunks;
}

/** One SourceBuffer; what comes while it is busy is joined. */
class Feeder {
    constructor(source, chunks) {
        this.chunks = chunks;
        this.next = 0;
        this.due = [];
        this.buffer = source.addSourceBuffer(`video/mp4; codecs="${codecOf(chunks[0].init)}"`);
    }

    /** Takes what has arrived by now; an init goes before the first chunk of a new format. */
    feed(lessonTime) {
        while (this.chunks[this.next]?.arrives <= lessonTime) {
            const chunk = this.chunks[this.next++];
            if (`${this.init}` !== `${chunk.init}`) {
                this.due.push(chunk.init);
                this.init = chunk.init;
            }
            this.due.push(chunk.bytes);
        }
        if (this.due.length > 0 && !this.buffer.updating) {
            const joined = new Uint8Array(this.due.reduce((sum, bytes) => sum + bytes.length, 0));
            this.due.reduce((at, bytes) => (joined.set(bytes, at), at + bytes.length), 0);
            this.due = [];
            this.buffer.appendBuffer(joined);
        }
    }
}

let stood = { at: -1, since: 0 };

/** Where to go on when the player has stood for 200 ms and something lies behind the hole. */
function behindTheHole() {
    const [at, now] = [video.currentTime, performance.now()];
    if (at !== stood.at || video.seeking) {
        stood = { at, since: now };
    }
    const starts = Array.from(video.buffered, (_, i) => video.buffered.start(i));
    return now - stood.since < 200 ? undefined : starts.find((start) => start > at);
}

/** By lesson time, never by what is buffered: promises reach seconds into the future. */
function steer(lessonTime, rate, delay) {
    const behind = (lessonTime - video.currentTime) / rate;
    const start = behindTheHole();
    if (start !== undefined) {
        video.currentTime = start + 0.01;
    } else {
        video.playbackRate = rate * (behind > delay + 0.08 ? 1.1 : 1);
    }
    return behind;
}

/**
 * Plays tracks ([{url, reels: ['0001', …]}]) from lesson time 0 as a viewer of the live lesson gets
 * them, until lesson time until; rate: how much faster than in the classroom. Returns how far behind
 * the lesson it was, every 50 ms (seconds of the viewer's time).
 */
export async function live({ tracks, until, rate = 1, delay = 0.15 }) {
    const chunks = await Promise.all(tracks.map(loadTrack));
    const source = new MediaSource();
    video.src = URL.createObjectURL(source);
    await event('sourceopen', source);
    const feeders = chunks.map((one) => new Feeder(source, one));
    const behind = [];
    const began = performance.now();
    const lessonTime = () => ((performance.now() - began) / 1000) * rate;
    const feeding = setInterval(() => feeders.forEach((feeder) => feeder.feed(lessonTime())), 5);
    video.playbackRate = rate;
    await within(10, event('canplay'), 'canplay');
    await video.play();
    while (lessonTime() < until) {
        behind.push(steer(lessonTime(), rate, delay));
        await sleep(0.05);
    }
    clearInterval(feeding);
    video.pause();
    return behind;
}

/* ---- on demand ---- */

/** Plays a playlist with hls.js, as the console has it. */
export async function openPlaylist(url) {
    const { default: Hls } = await import('/vendor/hls.js');
    const hls = new Hls();
    const failures = [];
    hls.on(Hls.Events.ERROR, (_, { type, details, fatal }) => {
        failures.push(`${type} ${details}${fatal ? ' fatal' : ''}`);
    });
    hls.loadSource(url);
    hls.attachMedia(video);
    await within(20, event('canplay'), `${url} ${failures}`);
    window.hlsFailures = failures;
    window.hls = hls;
}

/**
 * What hls.js complained of; loads stopped for a seek, a slow machine's stalls, and that it goes over
 * a hole which the playlist tells of are none.
 */
export const playlistFailures = () => {
    const none = /aborted|bufferStalled|NudgeOnStall|fragGap|bufferSeekOverHole/i;
    return window.hlsFailures.filter((failure) => !none.test(failure));
};

/** Plays a file. */
export async function openFile(url) {
    video.src = url;
    await within(20, event('canplay'), url);
    return { duration: video.duration, width: video.videoWidth };
}

/** Seeks, and waits for the picture; returns how many ms until 'seeked'. hls.js may jump over what it is about to load: then again. */
async function seek(target) {
    for (let tries = 0; tries < 3; tries++) {
        seen.splice(0);
        const began = performance.now();
        const seeked = event('seeked');
        video.currentTime = target;
        await within(20, seeked, `seek to ${target}`);
        const took = performance.now() - began;
        for (let i = 0; i < 40 && seen.length === 0; i++) {
            await sleep(0.05);
        }
        await sleep(0.15); // the picture is composed after it was told of
        if (Math.abs(video.currentTime - target) < 0.3) {
            return took;
        }
    }
    throw new Error(`seek to ${target} ends at ${video.currentTime}`);
}

/**
 * Seeks to each of times, looks, and plays on a little. Returns {target, took (ms), paused: {code},
 * playing: {code, media}}.
 */
export async function visit(times) {
    const found = [];
    for (const target of times) {
        video.pause();
        const took = await seek(target);
        const paused = readPicture(video);
        seen.splice(0);
        await video.play();
        await within(10, after(target + 0.4), `play on from ${target}`);
        const standing = { media: video.currentTime, ...readPicture(video) }; // when nothing new came
        found.push({ target, took, paused, playing: seen.at(-1) ?? standing });
    }
    video.pause();
    return found;
}

async function after(time) {
    while (video.currentTime < time && !video.ended) {
        await sleep(0.02);
    }
}

/** Plays from time from to time to. */
export async function play(from, to) {
    await seek(from);
    seen.splice(0);
    await video.play();
    await within(3 * (to - from) + 10, after(to), `play from ${from} to ${to}`);
    video.pause();
}
