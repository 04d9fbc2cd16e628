// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A room's lesson from its tape, by HLS: from any moment of it, while it runs and afterwards; and the
 * way of last resort to what is live. hls.js plays it, or the browser itself where it knows how
 * (iPhones). The first element is the clock; the others follow it.
 */

import { isForbidden } from './play.js';

/** @typedef {import('../../types').Pane} Pane */
/** @typedef {import('../../types').Way} Way */
/** @typedef {import('hls.js').default} Hls */

const FIRST_PICTURE_MS = 10000;
const FOLLOW_MS = 250;
const NEAR_S = 0.06;
const FAR_S = 0.6;
const AGAIN_MS = 1000;
const TRIES = 20; // a server that is started anew is back by then
const KEPT_S = 60; // behind the player
const AHEAD_S = 30;

const mse = () => /** @type {any} */ (globalThis).ManagedMediaSource || globalThis.MediaSource;

const canNative = () => !!document.createElement('video').canPlayType('application/vnd.apple.mpegurl');

export const canHls = () => !!mse() || canNative();

/**
 * @param {string} room
 * @param {string} lesson
 * @param {string[]} tracks of one element
 * @param {boolean} first
 */
function address(room, lesson, tracks, first) {
  const live = `/live/${encodeURIComponent(room)}`;
  return first
    ? `${live}/index.m3u8?track=${encodeURIComponent(tracks[0])}`
    : `${live}/${lesson}/${encodeURIComponent(tracks[0])}/index.m3u8`;
}

/** Waits until the element has a picture. @param {HTMLVideoElement} element @param {AbortSignal} end */
function loaded(element, end) {
  return new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error('no picture')), FIRST_PICTURE_MS);
    end.addEventListener('abort', () => failed(new Error('given up')));
    element.addEventListener('loadeddata', () => {
      clearTimeout(late);
      done(undefined);
    }, { once: true });
  });
}

/**
 * Loads an address into an element by hls.js; offset() is what is added to the element's time to
 * compare it with other elements', null until that is known.
 * @param {HTMLVideoElement} element
 * @param {string} url
 * @param {number | null} from
 * @param {() => void} broken
 */
async function attachHls(element, url, from, broken) {
  const { default: Hls } = await import('../../vendor/hls.js');
  const hls = new Hls({ enableWorker: false, startPosition: from ?? -1, backBufferLength: KEPT_S, maxBufferLength: AHEAD_S });
  /** @type {number | null} */
  let offset = null;
  let tries = 0;
  hls.on(Hls.Events.LEVEL_LOADED, (_, { details }) => {
    const [first] = details.fragments;
    offset = first?.programDateTime ? first.programDateTime / 1000 - first.start : 0;
    tries = 0;
  });
  hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
    if (!fatal) {
      return;
    }
    if (++tries > TRIES) {
      broken();
    } else if (type === Hls.ErrorTypes.MEDIA_ERROR) {
      hls.recoverMediaError();
    } else {
      setTimeout(() => (hls.levels?.length > 0 ? hls.startLoad() : hls.loadSource(url)), AGAIN_MS);
    }
  });
  hls.loadSource(url);
  hls.attachMedia(element);
  return { offset: () => offset, latency: () => hls.latency, destroy: () => hls.destroy() };
}

/**
 * @param {HTMLVideoElement} element
 * @param {string} url
 * @param {number | null} from
 */
function attachNative(element, url, from) {
  element.src = url;
  element.muted = true; // phones load nothing before it plays, and let it play by itself only without sound
  /** Ends when not even that is allowed: then nothing comes before somebody presses. */
  const forbidden = new Promise((done) => element.play().catch((error) => isForbidden(error) && done(undefined)));
  if (from !== null) {
    element.addEventListener('loadedmetadata', () => {
      element.currentTime = from;
    }, { once: true });
  }
  const edge = () => (element.seekable.length > 0 ? element.seekable.end(element.seekable.length - 1) : 0);
  return {
    forbidden,
    offset() { // as hls.js has it: two playlists need not begin at one moment
      if (element.readyState === HTMLMediaElement.HAVE_NOTHING) {
        return null;
      }
      const start = /** @type {any} */ (element).getStartDate?.().getTime() / 1000;
      return start || 0;
    },
    latency: () => Math.max(0, edge() - element.currentTime),
    destroy() {
      element.removeAttribute('src');
      element.load();
    },
  };
}

/** @typedef {{ offset: () => number | null, latency: () => number, destroy: () => void, forbidden?: Promise<unknown> }} Source */
/** @typedef {{ element: HTMLVideoElement, source: Source }} Playing */

/** Holds an element beside the first. @param {Playing} first @param {Playing} other */
function followFirst(first, other) {
  const [one, two] = [first.element, other.element];
  if (one.paused !== two.paused) {
    if (one.paused) {
      two.pause();
    } else {
      two.play().catch(() => {}); // the first one's play asks for the touch
    }
  }
  const [base, otherBase] = [first.source.offset(), other.source.offset()];
  if (two.seeking || one.seeking || base === null || otherBase === null) {
    return;
  }
  const behind = one.currentTime + base - two.currentTime - otherBase;
  if (Math.abs(behind) > FAR_S) {
    two.currentTime += behind;
  } else {
    two.playbackRate = one.playbackRate * (Math.abs(behind) > NEAR_S ? 1 + Math.sign(behind) * 0.08 : 1);
  }
}

/**
 * Plays the lesson from a moment of it (seconds; null: as live as this way is), until close() is
 * called or told.lost() is.
 * @param {string} room
 * @param {Pane[]} panes
 * @param {import('../../types').Told} told
 * @param {{ lesson: string, from: number | null }} what
 * @param {AbortSignal} signal gives it up while it is opened
 * @returns {Promise<Way>}
 */
export async function watchTape(room, panes, { lost }, { lesson, from }, signal) {
  const end = new AbortController();
  const stop = () => end.abort();
  signal.addEventListener('abort', stop);
  let following = 0;
  let over = false;
  /** @type {Playing[]} */
  const playing = [];

  function close() {
    over = true;
    clearInterval(following);
    playing.forEach(({ element, source }) => {
      source.destroy();
      element.playbackRate = 1;
    });
  }

  function broken() {
    end.abort();
    if (!over) {
      close();
      lost();
    }
  }

  try {
    const picture = loaded(panes[0].element, end.signal);
    picture.catch(() => {}); // told below, or something failed before it
    for (const [i, { element, tracks }] of panes.entries()) {
      const url = address(room, lesson, tracks, i === 0);
      const source = mse() ? await attachHls(element, url, from, broken) : attachNative(element, url, from);
      playing.push({ element, source });
      if (end.signal.aborted) {
        throw new Error('given up'); // the elements are somebody else's by now
      }
    }
    await Promise.race([picture, playing[0].source.forbidden || picture]);
  } catch (error) {
    over = true;
    close();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  const [first, ...others] = playing;
  following = setInterval(() => others.forEach((other) => followFirst(first, other)), FOLLOW_MS);
  return { kind: 'hls', close, delay: async () => first.source.latency() };
}
