// SPDX-License-Identifier: GPL-3.0-or-later
// An element and what fills it: by MSE, or where there is none a lesson's movie.

import { mediaUrl } from '../api.js';
import { MediaSourceHere } from '../watch/mse.js';
import { hangCurtain } from './curtain.js';
import { Feed } from './feed.js';
import { BEFORE_S } from './place.js';

/** @typedef {import('./plan.js').Plan} Plan */
/** @typedef {(lesson: string, track: string) => boolean} Has */
/** @typedef {Pick<ConstructorParameters<typeof Feed>[5], 'broken' | 'moves'>} Told */

/** Added to what is sought. */
export const SEEK_S = 0.001; // a picture's time is rounded: a little behind it is in it

/** By MSE. */
class FedPane {
  /** @param {HTMLMediaElement} element @param {string[]} tracks @param {Plan} plan @param {Has} has @param {Told} told */
  constructor(element, tracks, plan, has, { broken, moves }) {
    this.element = element;
    this.plan = plan;
    this.before = BEFORE_S;
    this.source = new /** @type {typeof MediaSource} */ (MediaSourceHere)();
    /** @type {Feed[]} */
    this.feeds = [];
    this.closed = false;
    this.url = URL.createObjectURL(this.source);
    this.wanted = 0;
    this.source.addEventListener('sourceopen', () => {
      if (this.closed || this.feeds.length > 0 || this.source.readyState !== 'open') {
        return;
      }
      this.source.duration = BEFORE_S + plan.length / 1e9;
      const used = tracks.filter((track) => plan.pieces.some(({ lesson }) => has(lesson, track)));
      let untyped = used.length;
      /** @type {() => void} */
      let go = () => {};
      /** @type {Promise<void>} */
      const all = new Promise((done) => (go = done));
      const typed = () => (--untyped === 0 ? go() : undefined, all);
      this.feeds = used.map((track) => new Feed(this.source, element, plan, track, has, { typed, fed: () => this.end(), broken, moves }));
      this.feeds.forEach((feed) => feed.restart(this.wanted));
    });
    this.onMetadata = () => this.go(this.wanted); // before that a time is not always kept
    this.onError = () => element.error && broken(element.error);
    element.addEventListener('loadedmetadata', this.onMetadata);
    element.addEventListener('error', this.onError);
    this.lift = element instanceof HTMLVideoElement && plan.pieces.length > 1 ? hangCurtain(element, plan, BEFORE_S) : () => {};
    element.disableRemotePlayback = true; // what Safari asks for before it lets MSE work on phones
    element.src = this.url;
  }

  /** @param {number} at clip time, seconds */
  go(at) {
    this.element.currentTime = BEFORE_S + at + SEEK_S;
  }

  /** @param {number} at clip time, seconds */
  seek(at) {
    this.wanted = at;
    const length = BEFORE_S + this.plan.length / 1e9;
    if (this.source.readyState === 'open' && this.source.duration < length && this.feeds.every((feed) => !feed.buffer?.updating)) {
      this.source.duration = length; // it has grown: no seek goes behind
    }
    if (!this.feeds.every((feed) => feed.holds(at))) {
      this.feeds.forEach((feed) => feed.restart(at));
    }
    this.go(at);
  }

  /** All is there: the last picture is the end. */
  end() {
    if (this.feeds.every((feed) => feed.done) && this.source.readyState === 'open' &&
        this.feeds.every((feed) => !feed.buffer?.updating)) {
      this.source.endOfStream();
    }
  }

  /** Where what comes behind a hole begins, seconds of clip time; nothing: there is no hole here. */
  behindHole() {
    const at = this.element.currentTime - BEFORE_S;
    const behind = this.feeds.map((feed) => feed.behindHole(at)).filter((one) => one !== undefined);
    return behind.length > 0 ? Math.max(.../** @type {number[]} */ (behind)) : undefined;
  }

  close() {
    this.closed = true;
    this.lift();
    this.feeds.forEach((feed) => feed.close());
    this.element.removeEventListener('loadedmetadata', this.onMetadata);
    this.element.removeEventListener('error', this.onError);
    this.element.removeAttribute('src');
    this.element.load();
    URL.revokeObjectURL(this.url);
  }
}

/** A lesson's movie, whole. */
class FilePane {
  /** @param {HTMLMediaElement} element @param {string[]} tracks @param {string} lesson @param {Told} told */
  constructor(element, tracks, lesson, { broken }) {
    this.element = element;
    this.before = 0;
    this.wanted = 0;
    this.onMetadata = () => this.seek(this.wanted);
    this.onError = () => element.error && broken(element.error);
    element.addEventListener('loadedmetadata', this.onMetadata);
    element.addEventListener('error', this.onError);
    element.src = mediaUrl(lesson, tracks);
    element.preload = 'auto';
  }

  /** @param {number} at seconds */
  seek(at) {
    this.wanted = at;
    this.element.currentTime = at + SEEK_S;
  }

  behindHole() {
    return undefined;
  }

  close() {
    this.element.removeEventListener('loadedmetadata', this.onMetadata);
    this.element.removeEventListener('error', this.onError);
    this.element.removeAttribute('src');
    this.element.load();
  }
}

/** Without MSE only what is one whole lesson plays. @param {Plan} plan */
export const canPlay = ({ pieces }) => !!MediaSourceHere || (pieces.length === 1 && pieces[0].from === 0);

/**
 * @param {HTMLMediaElement} element @param {string[]} tracks @param {Plan} plan @param {Has} has @param {Told} told
 * @returns {FedPane | FilePane}
 */
export const openPane = (element, tracks, plan, has, told) =>
  (MediaSourceHere ? new FedPane(element, tracks, plan, has, told) : new FilePane(element, tracks, plan.pieces[0].lesson, told));
