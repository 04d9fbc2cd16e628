// SPDX-License-Identifier: GPL-3.0-or-later
// The player: one picture with sound, marks and gaps on its bar; changing the picture keeps the time.

import { html, useRef, useState } from '../vendor/preact.js';
import { mediaUrl, thumbUrl } from '../lib/api.js';
import { seconds, span } from '../lib/format.js';
import { useWords } from '../lib/language.js';
import { isSound, trackName } from '../lib/names.js';
import { GapMarks, percent } from './timeline.js';

/** @typedef {import('../types').RecordingWhole} RecordingWhole */

const JUMP_SECONDS = 10;
const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

/** @param {{ recording: RecordingWhole, name: string, onBroken: () => void }} props */
export function Player({ recording, name, onBroken }) {
  const t = useWords();
  const names = recording.tracks.map((track) => track.name);
  const sound = names.filter(isSound).slice(0, 1);
  const pictures = names.filter((track) => !isSound(track));
  const [picture, setPicture] = useState(pictures[0] || '');
  const [now, setNow] = useState(0);
  const [known, setKnown] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [muted, setMuted] = useState(false);
  const [broken, setBroken] = useState(false);
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  /** What the next picture goes on with, once it is there. */
  const goOn = useRef(/** @type {{ at: number, playing: boolean, speed: number } | null} */ (null));
  const length = known || seconds(recording.duration_ns);

  /** @param {string} next */
  function show(next) {
    const old = video.current;
    if (old && next !== picture) {
      goOn.current = { at: old.currentTime, playing: !old.paused, speed: old.playbackRate };
      setBroken(false);
      setPicture(next);
    }
  }

  function onMetadata() {
    const one = video.current;
    if (!one) {
      return;
    }
    setKnown(Number.isFinite(one.duration) ? one.duration : 0);
    if (goOn.current) {
      const { at, playing: wasPlaying, speed } = goOn.current;
      goOn.current = null;
      one.currentTime = at;
      one.playbackRate = speed;
      if (wasPlaying) {
        play(one);
      }
    }
  }

  /** @param {HTMLVideoElement} one */
  function play(one) {
    one.play().catch(() => {}); // the error event says it
  }

  function toggle() {
    const one = video.current;
    if (one && broken) { // once more, from where it broke
      goOn.current = { at: now, playing: true, speed: one.playbackRate };
      setBroken(false);
      one.load();
    } else if (one && one.paused) {
      play(one);
    } else {
      one?.pause();
    }
  }

  /** @param {number} at */
  function seek(at) {
    if (video.current) {
      video.current.currentTime = Math.min(Math.max(0, at), length);
      setNow(video.current.currentTime);
    }
  }

  function onError() {
    setBroken(true);
    onBroken();
  }

  function full() {
    if (document.fullscreenElement) {
      document.exitFullscreen();
    } else {
      box.current?.requestFullscreen?.();
    }
  }

  return html`<section class="player" ref=${box} aria-label=${t.player(name)}>
    ${pictures.length > 1 && html`<div class="pictures" role="group" aria-label=${t.picture}>
      ${pictures.map((track) => html`<button type="button" class="button" aria-pressed=${track === picture}
        onClick=${() => show(track)}>${trackName(t, track)}</button>`)}
    </div>`}
    <div class=${pictures.length > 0 ? 'screen' : 'screen screen-none'}>
      <video ref=${video} src=${mediaUrl(recording.id, [...(picture ? [picture] : []), ...sound])}
        poster=${picture ? thumbUrl(recording.id, picture, 0) : undefined} preload="metadata" playsinline
        onLoadedMetadata=${onMetadata} onClick=${toggle}
        onTimeUpdate=${() => goOn.current || setNow(video.current?.currentTime || 0)}
        onPlay=${() => setPlaying(true)} onPause=${() => setPlaying(false)} onEnded=${() => setPlaying(false)}
        onError=${onError}></video>
      ${broken && html`<p class="band band-bad screen-words" role="alert">${t.cannotPlay}</p>`}
    </div>
    <${Bar} recording=${recording} now=${now} length=${length} onSeek=${seek} />
    <div class="player-acts">
      <button type="button" class="button button-main play" onClick=${toggle}>${playing ? t.pause : t.start}</button>
      <button type="button" class="button" onClick=${() => seek(now - JUMP_SECONDS)}>${t.back}</button>
      <button type="button" class="button" onClick=${() => seek(now + JUMP_SECONDS)}>${t.forward}</button>
      <p class="player-time"><span class="now">${span(now)}</span> / <span>${span(length)}</span></p>
      <label class="speed"><span>${t.speed}</span>
        <select onChange=${(/** @type {any} */ event) => {
          if (video.current) {
            video.current.playbackRate = Number(event.target.value);
          }
        }}>
          ${SPEEDS.map((speed) => html`<option value=${speed} selected=${speed === 1}>${speed}×</option>`)}
        </select>
      </label>
      <button type="button" class="button" aria-pressed=${muted} onClick=${() => {
        if (video.current) {
          video.current.muted = !muted;
        }
        setMuted(!muted);
      }}>${muted ? t.unmute : t.mute}</button>
      <button type="button" class="button" onClick=${full}>${t.full}</button>
    </div>
    <${MarkJumps} recording=${recording} onSeek=${seek} />
  </section>`;
}

/**
 * @param {{ recording: RecordingWhole, now: number, length: number, onSeek: (at: number) => void }} props
 */
function Bar({ recording, now, length, onSeek }) {
  const t = useWords();
  return html`<div class="bar">
    <div class="bar-line">
      <div class="bar-done" style=${{ width: percent(now, length) }}></div>
      <${GapMarks} length=${length} gaps=${recording.gaps} />
    </div>
    <input class="bar-input" type="range" min="0" max=${length} step="0.1" value=${now}
      aria-label=${t.position} aria-valuetext=${t.positionText(now, length)}
      onInput=${(/** @type {any} */ event) => onSeek(Number(event.target.value))} />
    ${recording.marks.map((mark) => html`<button type="button" class="bar-mark"
      style=${{ left: percent(seconds(mark.time_ns), length) }} title=${mark.label || t.markNow}
      aria-label=${t.jumpTo(mark.label || t.markNow, seconds(mark.time_ns))} tabindex="-1"
      onClick=${() => onSeek(seconds(mark.time_ns))}></button>`)}
  </div>`;
}

/** @param {{ recording: RecordingWhole, onSeek: (at: number) => void }} props */
function MarkJumps({ recording, onSeek }) {
  const t = useWords();
  return html`<div class="jumps">
    ${recording.gaps.length > 0 && html`<p class="gap-legend"><span class="gap-sample"></span> ${t.gapLegend}</p>`}
    ${recording.marks.length > 0 && html`<ul class="jump-list" aria-label=${t.marks}>
      ${recording.marks.map((mark) => html`<li><button type="button" class="button button-small"
        onClick=${() => onSeek(seconds(mark.time_ns))}>
          <span class="mark-time">${span(seconds(mark.time_ns))}</span> ${mark.label || t.markNow}
      </button></li>`)}
    </ul>`}
  </div>`;
}
