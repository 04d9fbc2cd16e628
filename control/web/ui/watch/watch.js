// SPDX-License-Identifier: GPL-3.0-or-later
// The page of a room's viewers: what goes on there, on one stage.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { chooseWords, LanguageProvider, startingWords } from '../../lib/language.js';
import { lengthOf } from '../../lib/watch/lesson.js';
import { seconds } from '../../lib/format.js';
import { isSound, roomName } from '../../lib/names.js';
import { playAll } from '../../lib/watch/play.js';
import { followRoom } from '../../lib/watch/room.js';
import { fit, panesOf, picturesOf } from '../../lib/watch/view.js';
import { plain, useKeys } from '../use_keys.js';
import { Acts } from './acts.js';
import { Bar } from './bar.js';
import { Stage } from './stage.js';
import { Top } from './top.js';
import { Keys } from '../keys.js';
import { useHealth } from './use_health.js';
import { useNarrow } from './use_narrow.js';
import { useNotice } from './use_notice.js';
import { useOnline } from './use_online.js';
import { useQuiet } from '../use_quiet.js';
import { useSight } from '../use_sight.js';
import { useStall } from './use_stall.js';
import { useTick } from '../use_tick.js';
import { useWay } from '../use_way.js';

/** @typedef {import('../../types').Followed} Followed */
/** @typedef {import('../../types').View} View */

const STEP_S = 10;
const SAME_MARK_S = 3; // behind a mark: back means the one before it
const NEARLY_LIVE_S = 8; // a place on the bar so near to its end means: live
const TICK_MS = 500;
const FRAMED = window.self !== window.top; // another page shows us: its words stand around us

/** @type {Followed} */
const NOTHING_YET = { room: null, link: 'opening', zeroMs: 0, refused: null };

/** @param {{ room: string }} props */
export function Watch({ room: id }) {
  const [t, setWords] = useState(startingWords);
  const [followed, setFollowed] = useState(NOTHING_YET);
  const [wish, setWish] = useState(/** @type {View} */ ({ layout: 'large', main: '' }));
  const [muted, setMuted] = useState(false);
  const [paused, setPaused] = useState(false);
  const [touch, setTouch] = useState(false);
  const [speed, setSpeed] = useState(1);
  const elements = useRef(/** @type {Map<string, HTMLVideoElement>} */ (new Map()));
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [help, setHelp] = useState(false);
  const [skipped, tellSkipped] = useNotice();
  const { isNarrow, leaveOut, tryPictures } = useNarrow();
  const quiet = useQuiet();
  const online = useOnline();

  const { room, link, refused } = followed;
  const sight = useSight(id, followed);
  const pictures = picturesOf(sight.tracks);
  const hasSound = sight.tracks.some(({ name }) => isSound(name));
  const narrow = isNarrow && sight.kind === 'live' && hasSound && wish.layout !== 'sound';
  const view = fit(narrow ? { ...wish, layout: 'sound' } : wish, pictures, hasSound);
  const panes = sight.moment ? panesOf(view, sight.tracks) : [];
  const watching = useWay({ room: id, panes, moment: sight.moment,
    element: (name) => /** @type {HTMLVideoElement} */ (elements.current.get(name)), skipped: tellSkipped,
    narrow: leaveOut });
  const length = lengthOf(followed, sight.lesson, sight.moment?.lesson || '');
  const shown = () => panes.map(([name]) => elements.current.get(name)).filter((one) => !!one);
  const isTape = sight.kind === 'tape';
  const place = () => (isTape ? shown()[0]?.currentTime || 0 : length);

  const { health, ended } = useHealth({ way: sight.kind === 'live' && !paused ? watching.way : null,
    probe: `/api/v1/live/${encodeURIComponent(id)}`,
    seldom: panes.flat().every((name) => name.startsWith('screen')),
    pictures: view.layout === 'sound' ? null
      : () => shown().reduce((sum, element) => sum + element.getVideoPlaybackQuality().totalVideoFrames, 0),
    reopen: watching.reopen });

  const stalled = useStall(watching.way?.kind === 'hls' && !paused && !touch,
    () => elements.current.get(panes[0]?.[0]));

  useTick(TICK_MS, !!sight.moment);
  useEffect(() => followRoom(id, setFollowed), [id]);
  useEffect(() => {
    document.documentElement.lang = t.locale;
    document.title = room ? `${room.title || roomName(t, { id: room.room, name: room.name })} · ${t.watch}` : t.watch;
  }, [t, room?.title, room?.name]);
  useEffect(() => {
    if (watching.step === 'open' && !paused) {
      start();
    }
  }, [watching.way]);
  useEffect(() => setPaused(false), [sight.moment]);
  useEffect(() => {
    shown().forEach((element) => {
      element.muted = muted || touch;
    });
    if (isTape && shown()[0]) {
      shown()[0].playbackRate = speed; // the others follow it
    }
  });

  async function start() {
    const allowed = await playAll(shown());
    setTouch(!allowed && !muted);
  }

  function touched() {
    setTouch(false);
    shown().forEach((element) => {
      element.muted = muted;
    });
    start();
  }

  function pause() {
    if (watching.step === 'open') {
      setPaused(!paused);
      if (paused) {
        start();
      } else {
        shown().forEach((element) => element.pause());
      }
    }
  }

  /** @param {number} at seconds of the lesson */
  function seek(at) {
    const running = sight.moment?.lesson === room?.lesson && sight.onAir;
    if (running && at > length - NEARLY_LIVE_S) {
      sight.toLive();
    } else if (isTape && watching.step === 'open') {
      shown()[0].currentTime = Math.min(Math.max(0, at), length);
    } else {
      sight.rewind(at);
    }
  }

  /** @param {View} next */
  function look(next) {
    if (isTape && panesOf(fit(next, pictures, hasSound), sight.tracks).join() !== panes.join()) {
      sight.rewind(place()); // other elements go on from here
    }
    setWish(next);
    if (isNarrow) {
      tryPictures();
    }
  }

  function full() {
    if (document.fullscreenElement) {
      document.exitFullscreen();
    } else if (box.current?.requestFullscreen) {
      box.current.requestFullscreen().catch(() => {}); // a frame may forbid it
    } else {
      /** @type {any} */ (shown()[0])?.webkitEnterFullscreen?.(); // iPhones know it for a picture only
    }
  }

  /** @param {number} by seconds */
  const step = (by) => sight.moment && seek(place() + by);
  const marks = (sight.lesson?.id === sight.moment?.lesson && sight.lesson?.marks || []).map((mark) => seconds(mark.time_ns));

  /** To the mark behind or before this place; a moment later, so that a second press goes on. */
  const toMark = (/** @type {number} */ way) => {
    const at = way < 0 ? marks.filter((mark) => mark < place() - SAME_MARK_S).pop() : marks.find((mark) => mark > place() + 0.5);
    if (at !== undefined) {
      seek(at);
    }
  };
  const swap = () => pictures.length > 1 && look({ ...wish, main: pictures[(pictures.indexOf(view.main) + 1) % pictures.length] });
  const acts = { full, pause, swap, mute: () => (touch ? touched() : setMuted(!muted)),
    back: () => step(-STEP_S), forward: () => step(STEP_S), markBefore: () => toMark(-1), markAfter: () => toMark(1),
    live: sight.toLive, help: () => setHelp(!help) };
  useKeys(plain({ ' ': pause, f: full, m: acts.mute, arrowleft: acts.back, arrowright: acts.forward, '[': acts.markBefore, ']': acts.markAfter,
    '【': acts.markBefore, '】': acts.markAfter, l: acts.live, s: swap, '?': acts.help, '？': acts.help }));

  return html`<${LanguageProvider} value=${t}>
    <div class=${`watch-box${quiet ? ' is-quiet' : ''}${FRAMED ? ' is-framed' : ''}`} ref=${box}>
      <${Top} room=${room} sight=${sight} onLanguage=${(/** @type {'zh' | 'en'} */ lang) => setWords(chooseWords(lang))} />
      <${Stage} room=${room} link=${link} refused=${refused} sight=${sight} view=${view} panes=${panes} watching=${watching}
        health=${health} stalled=${stalled} ended=${ended} narrow=${narrow} online=${online} skipped=${skipped} paused=${paused} touch=${touch} elements=${elements.current} onTouch=${touched} onPause=${pause} onEnded=${() => setPaused(true)}
        onAgain=${() => sight.rewind(0)} onMain=${(/** @type {string} */ main) => look({ ...view, main })} />
      ${!refused && html`<footer class="watch-foot">
        ${sight.moment && html`<${Bar} sight=${sight} place=${place()} length=${length} onSeek=${seek} />`}
        <${Acts} sight=${sight} view=${view} pictures=${pictures} hasSound=${hasSound} watching=${watching} muted=${muted || touch} paused=${paused}
          speed=${speed} acts=${acts} onView=${look} onSpeed=${setSpeed} />
      </footer>`}
      ${help && html`<${Keys} list=${t.keyList} onClose=${() => setHelp(false)} />`}
    </div>
  <//>`;
}
