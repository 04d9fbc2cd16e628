// SPDX-License-Identifier: GPL-3.0-or-later
// The page of a room's viewers: what goes on there, on one stage.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { chooseWords, LanguageProvider, startingWords } from '../../lib/language.js';
import { followRoom } from '../../lib/watch/room.js';
import { playAll } from '../../lib/watch/play.js';
import { fit, panesOf, picturesOf } from '../../lib/watch/view.js';
import { Acts } from './acts.js';
import { Stage } from './stage.js';
import { Top } from './top.js';
import { useKeys } from './use_keys.js';
import { useWay } from './use_way.js';

/** @typedef {import('../../types').Followed} Followed */
/** @typedef {import('../../types').View} View */

/** @type {Followed} */
const NOTHING_YET = { room: null, link: 'opening', zeroMs: 0 };

/** @param {{ room: string }} props */
export function Watch({ room: id }) {
  const [t, setWords] = useState(startingWords);
  const [{ room, link }, setFollowed] = useState(NOTHING_YET);
  const [wish, setWish] = useState(/** @type {View} */ ({ layout: 'large', main: '' }));
  const [muted, setMuted] = useState(false);
  const [paused, setPaused] = useState(false);
  const [touch, setTouch] = useState(false);
  const elements = useRef(/** @type {Map<string, HTMLVideoElement>} */ (new Map()));
  const box = useRef(/** @type {HTMLElement | null} */ (null));

  const tracks = room?.tracks || [];
  const pictures = picturesOf(tracks);
  const view = fit(wish, pictures);
  const panes = panesOf(view, tracks);
  const onAir = room?.state === 'recording';
  const watching = useWay({ room: id, panes, on: onAir && !paused,
    element: (name) => /** @type {HTMLVideoElement} */ (elements.current.get(name)) });
  const shown = () => panes.map(([name]) => elements.current.get(name)).filter((one) => !!one);

  useEffect(() => followRoom(id, setFollowed), [id]);
  useEffect(() => {
    document.documentElement.lang = t.locale;
    document.title = room ? `${room.title || room.name} · ${t.watch}` : t.watch;
  }, [t, room?.title, room?.name]);
  useEffect(() => {
    if (watching.step === 'open') {
      playAll(shown()).then((allowed) => setTouch(!allowed && !muted));
    }
  }, [watching.way]);
  useEffect(() => shown().forEach((element) => {
    element.muted = muted || touch;
  }));

  function touched() {
    setTouch(false);
    shown().forEach((element) => {
      element.muted = muted;
    });
    playAll(shown());
  }

  function full() {
    if (document.fullscreenElement) {
      document.exitFullscreen();
    } else if (box.current?.requestFullscreen) {
      box.current.requestFullscreen().catch(() => {}); // an iframe may forbid it
    } else {
      /** @type {any} */ (shown()[0])?.webkitEnterFullscreen?.(); // iPhones know it for a picture only
    }
  }

  const acts = { full, mute: () => setMuted((now) => !now), pause: () => setPaused((now) => !now) };
  useKeys(acts);

  return html`<${LanguageProvider} value=${t}>
    <div class="watch-box" ref=${box}>
      <${Top} room=${room} onAir=${onAir} onLanguage=${(/** @type {'zh' | 'en'} */ lang) => setWords(chooseWords(lang))} />
      <${Stage} room=${room} link=${link} view=${view} pictures=${pictures} panes=${panes} watching=${watching}
        paused=${paused} touch=${touch} elements=${elements.current} onTouch=${touched} onResume=${acts.pause}
        onMain=${(/** @type {string} */ main) => setWish({ ...view, main })} />
      <${Acts} onAir=${onAir} view=${view} pictures=${pictures} watching=${watching} muted=${muted || touch} paused=${paused}
        acts=${acts} onView=${setWish} />
    </div>
  <//>`;
}
