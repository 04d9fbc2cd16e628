// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Hides what must not be seen at a join. A decoder needs pictures from before the piece that begins (place.js);
 * they pass in no time, but a browser that is short of CPU shows one while it decodes the others. So from
 * shortly before a join a copy of what is seen stands over the element, painted again with each new
 * picture, until the first one of the next piece has come.
 */

import { pieceAt, ticksOf } from './plan.js';

/** @typedef {import('./plan.js').Plan} Plan */

const TICKS = 90000; // a second, of pictures
const EARLY_S = 0.4; // on the wall; some browsers tell how far they are four times a second
const UNSEEN_S = 0.008; // what stands nearer to a join is the decoder's: one tick a picture
const LATE_S = 1; // so far behind a join nothing is hidden any more, whatever the browser told

/**
 * Begins, and returns what ends it. Browsers that tell nothing of their pictures have no curtain.
 * @param {HTMLVideoElement} video
 * @param {Plan} plan
 * @param {number} before seconds of the video's own time before the plan's
 */
export function hangCurtain(video, plan, before) {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context || !video.requestVideoFrameCallback) {
    return () => {};
  }
  canvas.className = 'curtain';
  canvas.hidden = true;
  video.after(canvas);
  let lifted = 0; // at the latest: seconds of the video's time

  function lift() {
    canvas.hidden = true;
  }
  /** When the first picture behind a moment of the video's time that begins a piece is shown. @param {number} time */
  function joinAfter(time) {
    const begins = (/** @type {number} */ i) => (i < plan.pieces.length ? ticksOf(plan.pieces[i].at + before * 1e9, TICKS) / TICKS : Infinity);
    const next = pieceAt(plan, (time - before - 1 / TICKS) * 1e9) + 1; // a join lies between two ticks
    return time < begins(next) - 0.5 / TICKS ? begins(next) : begins(next + 1);
  }
  /** Is a moment shortly before a join? Undefined: so shortly that nobody should see it. @param {number} time */
  function isNear(time) {
    const left = joinAfter(time) - time;
    return left < UNSEEN_S ? undefined : left < EARLY_S * video.playbackRate;
  }
  /**
   * Of what is seen shortly before a join; of pictures that are not, browsers do not tell when they change.
   * @param {number} time of the video
   */
  function copy(time) {
    const { videoWidth: width, videoHeight: height } = video;
    if (document.hidden || video.checkVisibility?.({ visibilityProperty: true }) === false) {
      return;
    }
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
    }
    context?.drawImage(video, 0, 0);
    canvas.hidden = false;
    lifted = joinAfter(time) + LATE_S * video.playbackRate;
  }
  /** @type {VideoFrameRequestCallback} */
  function look(_, { mediaTime }) {
    waits = video.requestVideoFrameCallback(look);
    const near = video.seeking ? undefined : isNear(mediaTime);
    if (near) {
      copy(mediaTime);
    } else if (near === false) {
      lift();
    }
  }
  /** A picture may stand so long that no other comes before the join, or behind it. */
  function watch() {
    if (canvas.hidden && !video.seeking && isNear(video.currentTime)) {
      copy(video.currentTime);
    } else if (video.currentTime > lifted) {
      lift();
    }
  }
  let waits = video.requestVideoFrameCallback(look);
  video.addEventListener('timeupdate', watch);
  video.addEventListener('seeking', lift);
  return () => {
    video.cancelVideoFrameCallback(waits);
    video.removeEventListener('timeupdate', watch);
    video.removeEventListener('seeking', lift);
    canvas.remove();
  };
}
