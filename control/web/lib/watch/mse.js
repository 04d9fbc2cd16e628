// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * An element that is fed chunk by chunk, at lesson time. It is steered by a goal on that clock and
 * never by what is buffered, because chunks promise into the future: a little faster or slower while
 * it is near the goal, and moved there when it is far.
 */

/** @typedef {{ id: number, type: string, init: Uint8Array }} Fed */

const NEAR_S = 0.02;
const OFF_S = 0.06;
const FAR_S = 1.5;
const LATE_START_S = 0.12; // Chromium begins 0.2 s before the end of what there is of the sound: no seek mends that
const EDGE_S = 0.03;
const GENTLE = 0.02; // of the speed; the ear does not notice
const BRISK = 0.05;
const HASTY = 0.08; // after a start, for a second or two
const STANDS_MS = 200;
const KEPT_S = 20; // behind the player
const TRIM_S = 40;

/** What can be played by MSE here. */
export const MediaSourceHere = /** @type {typeof MediaSource | undefined} */ (
  /** @type {any} */ (globalThis).ManagedMediaSource || globalThis.MediaSource);

/** @param {Uint8Array[]} parts */
function join(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** @param {TimeRanges} ranges @returns {[number, number][]} */
const rangesOf = (ranges) => Array.from({ length: ranges.length }, (_, i) => [ranges.start(i), ranges.end(i)]);

/** One SourceBuffer; what comes while it is busy is joined. */
class Feeder {
  /** @param {HTMLMediaElement} element @param {MediaSource} source @param {Fed} fed @param {() => void} full */
  constructor(element, source, fed, full) {
    this.full = full;
    this.element = element;
    this.source = source;
    this.buffer = source.addSourceBuffer(fed.type);
    this.type = fed.type;
    this.over = false;
    /** @type {Uint8Array[]} */
    this.due = [fed.init];
    this.buffer.addEventListener('updateend', () => this.feed());
  }

  /** @param {Uint8Array} bytes */
  push(bytes) {
    this.due.push(bytes);
    this.feed();
  }

  /** False also when the element has moved on to something else, or plays no more. */
  isFree() {
    return !this.over && !this.element.error && this.source.readyState === 'open' && !this.buffer.updating;
  }

  feed() {
    if (this.due.length > 0 && this.isFree()) {
      try {
        this.buffer.appendBuffer(join(this.due.splice(0)));
      } catch {
        this.full(); // there is no more room
      }
    }
  }

  /** Lets go of what lies long before now. @param {number} now */
  trim(now) {
    const { buffer } = this;
    if (this.isFree() && buffer.buffered.length > 0 && buffer.buffered.start(0) < now - TRIM_S) {
      buffer.remove(0, now - KEPT_S);
    }
  }
}

export class MsePlayer {
  /**
   * Attaches to the element. Wait for ready before anything is pushed.
   * @param {HTMLVideoElement} element
   * @param {Fed[]} tracks
   * @param {{ stalled: () => void, broken: () => void }} told it ran dry; it plays no more
   */
  constructor(element, tracks, { stalled, broken }) {
    this.element = element;
    this.source = new /** @type {typeof MediaSource} */ (MediaSourceHere)();
    /** @type {Map<number, Feeder>} */
    this.feeders = new Map();
    /** @type {'waiting' | 'starting' | 'running'} */
    this.step = 'waiting';
    this.correcting = false;
    this.arriving = false; // at the goal, for the first time
    this.soughtMs = 0;
    this.seekMs = 0; // how long the first seek took
    this.dry = false; // and has not run since
    this.stood = { at: -1, since: 0 };
    this.url = URL.createObjectURL(this.source);
    this.ready = new Promise((done) => this.source.addEventListener('sourceopen', () => {
      if (this.source.readyState !== 'open') {
        return; // closed before it was told of
      }
      for (const fed of tracks) {
        this.feeders.set(fed.id, new Feeder(element, this.source, fed, broken));
        this.feeders.get(fed.id)?.feed();
      }
      done(undefined);
    }, { once: true }));
    this.onWaiting = () => {
      if (this.step === 'running' && !element.seeking) {
        this.dry = true;
        stalled();
      }
    };
    element.addEventListener('waiting', this.onWaiting);
    this.onError = () => element.error && broken(); // a src that was taken away is none
    element.addEventListener('error', this.onError);
    element.disableRemotePlayback = true; // what Safari asks for before it lets MSE work on phones
    element.src = this.url;
  }

  /** @param {number} id @param {Uint8Array} bytes a chunk, or the init of what follows */
  push(id, bytes) {
    this.feeders.get(id)?.push(bytes);
  }

  /** True when lesson time at is buffered. @param {number} at */
  has(at) {
    return rangesOf(this.element.buffered).some(([start, end]) => start <= at && at < end);
  }

  /** Where to go on when it has stood before a hole. */
  behindTheHole() {
    const { currentTime: at, buffered, seeking, paused } = this.element;
    const now = performance.now();
    if (at !== this.stood.at || seeking || paused) {
      this.stood = { at, since: now };
    }
    const behind = rangesOf(buffered).find(([start]) => start > at);
    return now - this.stood.since < STANDS_MS ? undefined : behind?.[0];
  }

  /**
   * Called ten times a second: holds the element at the goal.
   * @param {number} goal lesson time in seconds
   * @param {number} edge how far the lesson has come
   */
  steer(goal, edge) {
    const { element } = this;
    const at = element.paused ? goal : element.currentTime; // it goes on with what is live then
    this.feeders.forEach((feeder) => feeder.trim(at));
    if (this.step !== 'running') {
      this.start(goal, edge);
      return;
    }
    if (element.paused) {
      return;
    }
    const off = goal - element.currentTime;
    const start = this.behindTheHole();
    if (start !== undefined) {
      element.currentTime = start + 0.01;
    } else if (this.dry) {
      this.runOn(goal, edge);
    } else if (Math.abs(off) > FAR_S && this.has(goal)) {
      element.currentTime = goal;
    } else {
      this.correct(off);
    }
  }

  /** True when it plays, or would if it were let. */
  runs() {
    const { paused, seeking, readyState } = this.element;
    return !paused && !seeking && readyState > 2;
  }

  /**
   * To the goal, or the key frame behind it. That takes its time, in which the goal moves on: so once
   * more when it runs. Anew, too, when nobody lets it play for so long that what it is at will be let go
   * of.
   * @param {number} goal
   * @param {number} edge
   */
  start(goal, edge) {
    const { element } = this;
    const last = rangesOf(element.buffered).pop();
    const stale = goal - element.currentTime > KEPT_S / 2;
    if ((this.step === 'waiting' || stale) && last) {
      element.currentTime = Math.max(goal, last[0]);
      this.soughtMs = performance.now();
      this.step = 'starting';
    } else if (this.step === 'starting' && this.runs()) {
      this.seekMs = performance.now() - this.soughtMs;
      this.step = 'running';
      this.arriving = true;
      this.runOn(goal, edge);
    }
  }

  /**
   * After a start or a dry while: what a walk takes too long for is left out at once, as far ahead as a
   * seek takes, which is a stop itself.
   * @param {number} goal
   * @param {number} edge
   */
  runOn(goal, edge) {
    const { element } = this;
    if (this.runs()) {
      this.dry = false;
      if (goal - element.currentTime > LATE_START_S && this.has(goal)) {
        element.currentTime = Math.min(goal + this.seekMs / 1000, edge - EDGE_S);
      }
    }
  }

  /** @param {number} off seconds to go; below 0: too far already */
  correct(off) {
    const far = Math.abs(off);
    this.arriving &&= off > NEAR_S;
    this.correcting = this.arriving || far > OFF_S || (this.correcting && far > NEAR_S);
    const speed = this.arriving ? HASTY : far > 2 * OFF_S ? BRISK : GENTLE;
    const rate = this.correcting ? 1 + Math.sign(off) * speed : 1;
    if (this.element.playbackRate !== rate) {
      this.element.playbackRate = rate;
    }
  }

  close() {
    this.feeders.forEach((feeder) => {
      feeder.over = true;
    });
    this.element.removeEventListener('waiting', this.onWaiting);
    this.element.removeEventListener('error', this.onError);
    this.element.removeAttribute('src');
    this.element.playbackRate = 1;
    this.element.load();
    URL.revokeObjectURL(this.url);
  }
}
