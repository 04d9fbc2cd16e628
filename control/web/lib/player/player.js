// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Plays a plan (plan.js) in elements that keep to one clock, that of the first, which has the sound:
 *
 *   paused --play--> waiting --all have pictures--> playing --the end--> ended
 *      ^-----pause------|<-----one runs dry------------|                   |
 *      ^------------------------seek---------------------------------------+
 *   any --an element plays no more--> broken
 *
 * The others are held to the first by their speed; nobody hears that. They begin
 * when it has begun to move, since sound takes its time to start.
 */

import { isForbidden } from '../watch/play.js';
import { openPane, SEEK_S } from './pane.js';
import { pieceAt } from './plan.js';

/** @typedef {import('./plan.js').Plan} Plan */
/** @typedef {import('../../types').Pane} Pane */
/** @typedef {'paused' | 'waiting' | 'playing' | 'ended' | 'broken'} State */

/**
 * @typedef {object} Told
 * @property {() => void} changed the state is another
 * @property {() => void} single this browser does not play two elements at once
 * @property {(seconds: number) => void} skipped a hole was passed over
 */

const STEER_MS = 20;
const NEAR_S = 0.003;
const OFF_S = 0.012;
const CATCH_UP_S = 0.3;
const MOST = 0.5; // of the speed
const FAR_S = 0.5; // farther apart: sought
const END_S = 0.02;
const STANDS_MS = 400;
const FUTURE = 3; // HAVE_FUTURE_DATA
const PAUSED_ALONE_MS = 1000; // a browser that stops one because another plays does it soon

export class Player {
  /**
   * Opens at a moment (clip time, seconds), paused.
   * @param {Plan} plan
   * @param {Pane[]} panes the first has the sound
   * @param {(lesson: string, track: string) => boolean} has does a lesson have a track?
   * @param {Told} told
   * @param {number} [at]
   */
  constructor(plan, panes, has, told, at = 0) {
    this.plan = plan;
    this.length = plan.length / 1e9;
    this.told = told;
    /** @type {State} */
    this.state = 'paused';
    this.speed = 1;
    this.begunMs = 0;
    this.begunAt = 0;
    this.stood = { at: -1, since: 0 };
    const broken = (/** @type {unknown} */ error) => {
      console.error(error);
      this.become('broken');
    };
    this.panes = panes.map(({ element, tracks }) => openPane(element, tracks, plan, has, { broken }));
    this.elements = panes.map(({ element }) => element);
    /** Where each is being moved to: 1 on, -1 back, 0: it keeps up. */
    this.ways = panes.map(() => 0);
    /** Does a lesson have something for each of the panes? */
    this.fills = panes.map(({ tracks }) => (/** @type {string} */ lesson) => tracks.some((track) => has(lesson, track)));
    this.seek(at);
    this.timer = setInterval(() => this.steer(), STEER_MS);
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
    this.ways = this.ways.map(() => 0);
    this.elements.forEach((element) => {
      element.defaultPlaybackRate = speed;
      element.playbackRate = speed;
    });
  }

  close() {
    clearInterval(this.timer);
    this.panes.forEach((pane) => pane.close());
  }

  /** Can all that have something to show here go on? */
  isReady() {
    const { lesson } = this.plan.pieces[pieceAt(this.plan, this.now() * 1e9)];
    return this.elements.every((element, i) => !this.fills[i](lesson) || element.ended ||
      (element.readyState >= FUTURE && !element.seeking));
  }

  steer() {
    const [first, ...others] = this.elements;
    if (this.state === 'waiting') {
      if (this.isReady()) {
        this.run();
      } else {
        this.passHole();
      }
    } else if (this.state === 'playing') {
      if (first.ended || this.now() >= this.length - END_S) {
        this.elements.forEach((element) => element.pause());
        this.become('ended');
      } else if (first.paused) {
        this.wasPaused();
      } else if (this.isReady()) {
        others.forEach((element, i) => this.hold(element, i + 1));
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
    first.playbackRate = this.speed;
    this.become('playing');
    first.play().catch((error) => {
      if (isForbidden(error)) {
        this.pause();
      }
    });
    this.ways = this.ways.map(() => 0);
    others.forEach((element) => {
      element.playbackRate = 0; // until the first moves
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
   * Holds an element to the first: one speed until it has caught up, then the first's. Firefox shows no
   * new picture for a while after each change.
   * @param {HTMLVideoElement} element @param {number} i
   */
  hold(element, i) {
    const now = this.now();
    const behind = now - (element.currentTime - this.panes[i].before);
    const way = this.ways[i];
    if (now <= this.begunAt + 0.001) {
      return; // it stands until the first moves
    }
    if (Math.abs(behind) > FAR_S && !element.ended) {
      element.currentTime += behind;
    } else if (Math.abs(behind) > OFF_S && !way) {
      this.ways[i] = Math.sign(behind);
      element.playbackRate = this.speed * (1 + Math.min(MOST, Math.max(-MOST, behind / CATCH_UP_S)));
    } else if (element.playbackRate === 0 || (way && behind * way < NEAR_S)) {
      this.ways[i] = 0;
      element.playbackRate = this.speed;
    }
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
