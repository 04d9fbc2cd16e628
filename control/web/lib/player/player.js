// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Plays a plan (plan.js) in elements that keep to one clock:
 *
 *   paused --play--> waiting --all have pictures--> playing --the end--> ended
 *      ^-----pause------|<-----one runs dry------------|                   |
 *      ^------------------------seek---------------------------------------+
 *   any --an element plays no more--> broken
 *
 * Beside two pictures the sound has an element of its own, which nobody sees, and that leads: the clock
 * of an element with sound is its sound card's and takes its time to start, those of pictures alone are
 * the machine's and go alike. So pictures that were begun in one moment stay together, and are held
 * to the sound together, by their speed; nobody hears that.
 */

import { isSound } from '../names.js';
import { isForbidden } from '../watch/play.js';
import { openPane, SEEK_S } from './pane.js';
import { pieceAt } from './plan.js';
import { rowsOf } from './tape.js';

/** @typedef {import('./plan.js').Plan} Plan */
/** @typedef {import('../../types').Pane} Pane */
/** @typedef {'paused' | 'waiting' | 'playing' | 'ended' | 'broken'} State */

/**
 * @typedef {object} Told
 * @property {() => void} changed the state is another
 * @property {() => void} single this browser does not play two elements at once
 * @property {(seconds: number) => void} skipped a hole was passed over
 * @property {() => void} soundless this browser plays pictures only
 */

const STEER_MS = 20;
const LOOKS = 16; // the mean of whose middle half counts: Firefox tells the time of its last picture
const OFF_SOUND_S = 0.03; // nobody sees less
const OFF_S = 0.012;
const CATCH_UP_MS = 300;
const MOST = 0.5; // of the speed
const FAR_S = 0.5; // farther apart: sought
const END_S = 0.02;
const STANDS_MS = 400;
const FUTURE = 3; // HAVE_FUTURE_DATA
const PAUSED_ALONE_MS = 1000; // a browser that stops one because another plays does it soon

/**
 * The elements that play panes: with two pictures the sound has its own.
 * @param {Pane[]} panes
 * @returns {{ element: HTMLMediaElement, tracks: string[] }[]}
 */
function elementsOf(panes) {
  const sounds = panes.flatMap(({ tracks }) => tracks.filter(isSound));
  return panes.length > 1 && sounds.length > 0
    ? [{ element: new Audio(), tracks: sounds }, ...panes.map(({ element, tracks }) => ({ element, tracks: tracks.filter((track) => !isSound(track)) }))]
    : panes;
}

/**
 * Do pictures of a lesson go on from from to to (ns)? Some may stand at either end of what was not recorded at all.
 * @param {string} lesson @param {string[]} tracks @param {number} from @param {number} to @param {AbortSignal} signal
 */
async function goesOn(lesson, tracks, from, to, signal) {
  const times = [from, to];
  for (const track of tracks) {
    for await (const { time } of rowsOf(lesson, track, from, () => ({ to, grows: false }), signal)) {
      times.push(Math.max(from, time));
    }
  }
  times.sort((a, b) => a - b);
  return times.slice(1).every((time, i) => time - times[i] <= (to - from) / 2);
}

/** The mean of the middle half. @param {number[]} looks */
const middle = (looks) => [...looks].sort((a, b) => a - b).slice(LOOKS / 4, (3 * LOOKS) / 4).reduce((sum, look) => sum + look, 0) / (LOOKS / 2);

export class Player {
  /**
   * Opens at a moment (clip time, seconds), paused.
   * @param {Plan} plan
   * @param {Pane[]} panes the first has the sound, or one that the player makes
   * @param {(lesson: string, track: string) => boolean} has does a lesson have a track?
   * @param {Told} told
   * @param {number} [at]
   */
  constructor(plan, panes, has, told, at = 0) {
    this.plan = plan;
    this.told = told;
    /** @type {State} */
    this.state = 'paused';
    this.speed = 1;
    this.begunMs = 0;
    this.begunAt = 0;
    this.moves = false; // the first does, since it began
    this.stood = { at: -1, since: 0 };
    const played = elementsOf(panes);
    const pictures = panes.flatMap(({ tracks }) => tracks).filter((track) => !isSound(track));
    /** The first has nothing but sound, and pictures beside it. */
    this.isApart = played.length > panes.length;
    this.panes = played.map(({ element, tracks }, i) => openPane(element, tracks, plan, has, { moves: (lesson, from, to, signal) =>
      goesOn(lesson, pictures.filter((track) => has(lesson, track)), from, to, signal), broken: (error) => {
      console.error(error);
      if (i === 0 && this.isApart) {
        this.loseSound();
      } else {
        this.become('broken');
      }
    } }));
    this.elements = played.map(({ element }) => element);
    /** How each is held: behind what holds it, at the last looks, seconds; times the speed, until when (ms). */
    this.held = played.map(() => ({ looks: /** @type {number[]} */ ([]), times: 1, until: 0 }));
    /** Does a lesson have something for each of the panes? */
    this.fills = played.map(({ tracks }) => (/** @type {string} */ lesson) => tracks.some((track) => has(lesson, track)));
    this.elements.forEach((element, i) => {
      element.muted = i > 0;
    });
    this.seek(at);
    this.timer = setInterval(() => this.steer(), STEER_MS);
  }

  /** Seconds; of a lesson that is still recorded, up to now. */
  get length() {
    return this.plan.length / 1e9;
  }

  /** Clip time in seconds. */
  now() {
    const [first] = this.panes;
    const { readyState, currentTime } = first.element;
    const off = currentTime - first.before - first.wanted;
    const at = readyState === 0 || Math.abs(off - SEEK_S) < SEEK_S / 2 ? first.wanted : first.wanted + off;
    return Math.min(Math.max(0, at), this.length);
  }

  /** @param {State} state */
  become(state) {
    if (this.state !== state) {
      this.state = state;
      this.told.changed();
    }
  }

  play() {
    if (this.state === 'ended') {
      this.seek(0);
    }
    if (this.state === 'paused') {
      this.become('waiting');
      this.steer();
    }
  }

  pause() {
    if (this.state === 'waiting' || this.state === 'playing') {
      this.become('paused');
      this.elements.forEach((element) => element.pause());
      const at = this.now();
      this.panes.slice(1).forEach((pane) => {
        pane.element.currentTime = at + pane.before; // one moment in all
      });
    }
  }

  /** @param {number} at clip time, seconds */
  seek(at) {
    const to = Math.min(Math.max(0, at), this.length - END_S);
    this.panes.forEach((pane) => pane.seek(to));
    this.stood = { at: -1, since: performance.now() };
    if (this.state === 'playing') {
      this.elements.forEach((element) => element.pause());
      this.become('waiting');
    } else if (this.state === 'ended') {
      this.become('paused');
    }
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this.speed = speed;
    this.elements.forEach((element) => {
      element.defaultPlaybackRate = speed;
    });
    this.go();
  }

  /** How loud it is. @param {boolean} muted @param {number} [volume] 0 to 1 */
  setLoudness(muted, volume = 1) {
    const [first] = this.elements;
    first.muted = muted;
    first.volume = volume;
  }

  /** All at their speed, from this moment on; those that are held anew. */
  go() {
    this.held = this.held.map(() => ({ looks: [], times: 1, until: 0 }));
    this.elements.forEach((element) => {
      element.playbackRate = this.speed;
    });
  }

  close() {
    clearInterval(this.timer);
    this.panes.forEach((pane) => pane.close());
  }

  /** The pictures go on alone: Firefox plays no sound where there is nothing to hear it with. */
  loseSound() {
    this.isApart = false;
    this.panes[0].close();
    [this.panes, this.elements, this.held, this.fills].forEach((list) => list.shift());
    if (this.state === 'playing') {
      this.moves = true;
      this.go();
    }
    this.told.soundless();
  }

  /** Can all that have something to show here go on? */
  isReady() {
    const { lesson } = this.plan.pieces[pieceAt(this.plan, this.now() * 1e9)];
    return this.elements.every((element, i) => !this.fills[i](lesson) || element.ended ||
      (element.readyState >= FUTURE && !element.seeking));
  }

  steer() {
    const [first] = this.elements;
    if (this.state === 'waiting') {
      if (this.isReady()) {
        this.run();
      } else {
        this.passHole();
      }
    } else if (this.state === 'playing') {
      if (!this.plan.grows && (first.ended || this.now() >= this.length - END_S)) {
        this.elements.forEach((element) => element.pause());
        this.become('ended');
      } else if (first.paused) {
        this.wasPaused();
      } else if (this.isReady()) {
        this.hold();
      } else {
        this.elements.forEach((element) => element.pause());
        this.become('waiting');
      }
    }
  }

  run() {
    const [first, ...others] = this.elements;
    this.begunMs = performance.now();
    this.begunAt = this.now();
    this.moves = others.length === 0;
    first.playbackRate = this.isApart || this.moves ? this.speed : 0;
    this.become('playing');
    first.play().catch((error) => {
      if (isForbidden(error)) {
        this.pause();
      }
    });
    others.forEach((element) => {
      element.playbackRate = 0; // until all go
      element.play().catch((error) => isForbidden(error) && this.told.single());
    });
  }

  /** The browser has paused the first: for one of the others, or because somebody said so elsewhere. */
  wasPaused() {
    if (this.elements.length > 1 && performance.now() - this.begunMs < PAUSED_ALONE_MS) {
      this.pause();
      this.told.single();
    } else {
      this.pause();
    }
  }

  /**
   * Holds the second element to the first, and all others to the second: pictures to the sound, and to
   * each other. One speed for some time, then the usual one: Firefox shows no new picture for a while
   * after each change.
   */
  hold() {
    if (!this.moves) { // pictures stand until the sound moves
      this.moves = !this.isApart || this.now() > this.begunAt + 0.001;
      if (this.moves) {
        this.go();
      }
      return;
    }
    const times = this.elements.map((element, i) => element.currentTime - this.panes[i].before);
    let speed = this.speed;
    this.elements.forEach((element, i) => {
      if (i === 0) {
        return;
      }
      const one = this.held[i];
      const behind = times[this.isApart ? Math.min(1, i - 1) : 0] - times[i];
      if (Math.abs(behind) > FAR_S && !element.ended && !element.seeking) {
        element.currentTime += behind;
        one.looks = [];
      } else if (performance.now() >= one.until) {
        one.times = 1;
        one.looks = [...one.looks, behind].slice(-LOOKS);
        const off = one.looks.length === LOOKS ? middle(one.looks) : 0;
        if (Math.abs(off) > (this.isApart && i === 1 ? OFF_SOUND_S : OFF_S)) {
          one.times = 1 + Math.min(MOST, Math.max(-MOST, (1000 * off) / CATCH_UP_MS / speed));
          one.until = performance.now() + (1000 * off) / (one.times - 1) / speed;
          one.looks = [];
        }
      }
      const rate = speed * one.times;
      if (this.isApart && i === 1) {
        speed = rate;
      }
      if (element.playbackRate !== rate) {
        element.playbackRate = rate;
      }
    });
  }

  /** What was not recorded is passed over. */
  passHole() {
    const now = this.now();
    if (this.stood.at !== now || this.elements.some((element) => element.seeking && element.readyState > 2)) {
      this.stood = { at: now, since: performance.now() };
    } else if (performance.now() - this.stood.since > STANDS_MS) {
      const behind = this.panes.map((pane) => pane.behindHole()).filter((at) => at !== undefined);
      if (behind.length > 0) {
        const to = Math.max(.../** @type {number[]} */ (behind));
        this.told.skipped(to - now);
        this.seek(to);
      }
    }
  }
}
