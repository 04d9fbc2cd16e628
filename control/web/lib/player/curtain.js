// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Hides what must not be seen at a join. A decoder needs pictures from before the piece that begins (place.js);
 * they pass in no time, but a browser that is short of CPU shows one while it decodes the others. So from
 * shortly before a join a copy of what is seen stands over the element, painted again with each new
 * picture, until the first one of the next piece has come.
 */

import { pieceAt } from './plan.js';

/** @typedef {import('./plan.js').Plan} Plan */

const EARLY_S = 0.4; // on the wall; some browsers tell how far they are four times a second
const UNSEEN_S = 0.008; // what stands nearer to a join is the decoder's: one tick a picture, of 90,000
const ROUNDED_S = 8e-6; // a join lies between two ticks; browsers count microseconds
const LATE_S = 5; // a curtain that nothing has lifted: no browser tells of pictures that nobody looks at

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

  let copied = 0; // when, in the video's time

  function lift() {
    canvas.hidden = true;
  }
  /** Is a moment of the video shortly before a join? Undefined: so shortly that nobody should see it. @param {number} time */
  function isNear(time) {
    const next = plan.pieces[pieceAt(plan, (time + ROUNDED_S - before) * 1e9) + 1];
    const left = next ? before + next.at / 1e9 - time : Infinity;
    return left < UNSEEN_S ? undefined : left < EARLY_S * video.playbackRate;
  }
  /** Of what is seen. */
  function copy() {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    context?.drawImage(video, 0, 0);
    canvas.style.opacity = video.style.opacity;
    canvas.hidden = false;
    copied = video.currentTime;
  }
  /** @type {VideoFrameRequestCallback} */
  function look(_, { mediaTime }) {
    waits = video.requestVideoFrameCallback(look);
    const near = isNear(mediaTime);
    if (near) {
      copy();
    } else if (near === false) {
      lift();
    }
  }
  /** A picture may stand so long that no other comes before the join. */
  function watch() {
    if (canvas.hidden && !video.seeking && isNear(video.currentTime)) {
      copy();
    } else if (video.currentTime > copied + LATE_S * video.playbackRate) {
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
